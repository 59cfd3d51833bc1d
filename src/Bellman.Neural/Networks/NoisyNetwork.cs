namespace Bellman.Neural;

/// <summary>
/// w = mu + sigma f(eps_out) f(eps_in)ᵀ, b = mu_b + sigma_b f(eps_out), with f(x) = sgn(x) sqrt|x|. The noisy parameters
/// are put together in a buffer of their own before each pass, and an ordinary network runs on them; its gradients g are
/// those of the means, and those of sigma are g times the noise.
/// </summary>
internal sealed class NoisyNetwork : INoisyNetwork, IDescribedNetwork
{
    private readonly INetwork inner;
    private readonly ParameterBuffer noisy;
    private readonly Layer[] layers;
    private readonly int start;
    private bool silent = true;

    /// <param name="inner">The network over <paramref name="noisy"/>.</param>
    /// <param name="noisy">Means plus noise, laid out as an MLP.</param>
    /// <param name="parameters">The group's buffer, in which the means lie in the same order and without gaps.</param>
    /// <param name="layouts">Where each layer lies in <paramref name="noisy"/>.</param>
    /// <param name="name">The part's name.</param>
    public NoisyNetwork(INetwork inner, ParameterBuffer noisy, ParameterBuffer parameters, DenseLayout[] layouts, string name)
    {
        (this.inner, this.noisy, Parameters) = (inner, noisy, parameters);
        start = parameters.Find($"{name}.0.weight").Offset;
        layers = [.. layouts.Select((layout, index) => new Layer(
            layout,
            (parameters.Find(NoisyMlpPart.Deviation($"{name}.{index}.weight")).Offset, parameters.Find(NoisyMlpPart.Deviation($"{name}.{index}.bias")).Offset)))];
    }

    public int Inputs => inner.Inputs;

    public int Outputs => inner.Outputs;

    public ParameterBuffer Parameters { get; }

    /// <summary>The network of the means.</summary>
    public NetworkDescription Describe() => new NetworkChain([.. layers.Select(layer => layer.Layout.Describe(Parameters, start))]);

    public void DrawNoise(RandomStream random)
    {
        silent = false;
        foreach (var layer in layers)
        {
            random.NextGaussians(layer.InputNoise);
            random.NextGaussians(layer.OutputNoise);
            Shape(layer.InputNoise);
            Shape(layer.OutputNoise);
        }
    }

    public void SilenceNoise() => silent = true;

    public void Forward(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        Compose();
        inner.Forward(inputs, batch, outputs);
    }

    public void ForwardTraining(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        Compose();
        inner.ForwardTraining(inputs, batch, outputs);
    }

    public void Backward(ReadOnlySpan<float> outputGradients, int batch, Span<float> inputGradients, bool parameterGradients = true)
    {
        noisy.ClearGradients();
        inner.Backward(outputGradients, batch, inputGradients, parameterGradients);
        if (!parameterGradients) { return; }
        VectorKernels.Active.Add(Parameters.Gradients.AsSpan(start, noisy.Gradients.Length), noisy.Gradients);
        if (silent) { return; }
        // dL/dsigma = dL/dw f(eps_out) f(eps_in)
        foreach (var layer in layers) { layer.AddWithNoise(Parameters.Gradients, layer.Deviations, noisy.Gradients, layer.Means); }
    }

    public void Dispose() => inner.Dispose();

    private void Compose()
    {
        Parameters.Block.AsSpan(start, noisy.Block.Length).CopyTo(noisy.Block);
        noisy.Changed();
        if (silent) { return; }
        foreach (var layer in layers) { layer.AddWithNoise(noisy.Block, layer.Means, Parameters.Block, layer.Deviations); }
    }

    /// <summary>f(x) = sgn(x) sqrt|x|.</summary>
    private static void Shape(Span<float> noise)
    {
        foreach (ref var x in noise) { x = MathF.CopySign(MathF.Sqrt(MathF.Abs(x)), x); }
    }

    /// <summary>A layer's noise after f, and where its means (in the noisy buffer) and sigmas (in the group's) lie.</summary>
    private sealed class Layer(DenseLayout layout, (int Weight, int Bias) deviations)
    {
        public DenseLayout Layout { get; } = layout;

        public (int Weight, int Bias) Means { get; } = (layout.Weight, layout.Bias);

        public (int Weight, int Bias) Deviations { get; } = deviations;

        public float[] InputNoise { get; } = new float[layout.Inputs];

        public float[] OutputNoise { get; } = new float[layout.Outputs];

        /// <summary>Adds the numbers at <paramref name="from"/> of <paramref name="source"/>, each times its noise, to those at <paramref name="to"/>.</summary>
        public void AddWithNoise(float[] destination, (int Weight, int Bias) to, float[] source, (int Weight, int Bias) from)
        {
            var (inputs, outputs) = (InputNoise.Length, OutputNoise.Length);
            for (var output = 0; output < outputs; output++)
            {
                VectorKernels.Active.AddProduct(
                    destination.AsSpan(to.Weight + output * inputs, inputs), source.AsSpan(from.Weight + output * inputs, inputs), InputNoise, OutputNoise[output]);
            }
            VectorKernels.Active.AddProduct(destination.AsSpan(to.Bias, outputs), source.AsSpan(from.Bias, outputs), OutputNoise, 1);
        }
    }
}
