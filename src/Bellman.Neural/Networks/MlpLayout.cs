namespace Bellman.Neural;

/// <summary>One dense layer of an MLP and where its parameters lie in the flat buffer; -1 where it has no layer norm.</summary>
internal sealed record DenseLayout(int Inputs, int Outputs, Activation Activation, int Weight, int Bias, int NormWeight, int NormBias)
{
    public bool HasNorm => NormWeight >= 0;

    /// <summary>The layer with its numbers, which lie <paramref name="start"/> further on in <paramref name="parameters"/>.</summary>
    public DenseLayer Describe(ParameterBuffer parameters, int start = 0)
    {
        ReadOnlyMemory<float> Block(int offset, int size) => parameters.Values.AsMemory(start + offset, size);
        return new DenseLayer(Inputs, Outputs, Activation, Block(Weight, Inputs * Outputs), Block(Bias, Outputs),
            HasNorm ? new LayerNorm(Block(NormWeight, Outputs), Block(NormBias, Outputs)) : null);
    }
}

/// <summary>The order and names of an MLP's parameters: one definition for both engines and for checkpoints.</summary>
internal static class MlpLayout
{
    public const float NormEpsilon = 1e-5f;

    public static IEnumerable<(string Name, int[] Shape)> Parameters(string name, MlpSpecification mlp)
    {
        var widths = Widths(mlp);
        for (var layer = 0; layer + 1 < widths.Length; layer++)
        {
            yield return ($"{name}.{layer}.weight", [widths[layer + 1], widths[layer]]);
            yield return ($"{name}.{layer}.bias", [widths[layer + 1]]);
            if (mlp.HasNorm(layer))
            {
                yield return ($"{name}.{layer}.norm.weight", [widths[layer + 1]]);
                yield return ($"{name}.{layer}.norm.bias", [widths[layer + 1]]);
            }
        }
    }

    public static DenseLayout[] Layers(string name, MlpSpecification mlp, ParameterBuffer parameters)
    {
        var widths = Widths(mlp);
        var layers = new DenseLayout[widths.Length - 1];
        for (var layer = 0; layer < layers.Length; layer++)
        {
            var hidden = layer + 1 < layers.Length;
            var norm = mlp.HasNorm(layer);
            layers[layer] = new DenseLayout(
                widths[layer],
                widths[layer + 1],
                hidden ? mlp.Activation : mlp.OutputActivation,
                parameters.Find($"{name}.{layer}.weight").Offset,
                parameters.Find($"{name}.{layer}.bias").Offset,
                norm ? parameters.Find($"{name}.{layer}.norm.weight").Offset : -1,
                norm ? parameters.Find($"{name}.{layer}.norm.bias").Offset : -1);
        }
        return layers;
    }

    private static int[] Widths(MlpSpecification mlp) => [mlp.Inputs, .. mlp.Hidden, mlp.Outputs];
}
