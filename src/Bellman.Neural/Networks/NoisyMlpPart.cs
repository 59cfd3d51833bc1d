namespace Bellman.Neural;

/// <summary>
/// A multilayer perceptron whose weights and biases carry factorised Gaussian noise of learned size (Fortunato et al.
/// 2018, "Noisy networks for exploration", eqs. 9 to 11); its network is an <see cref="INoisyNetwork"/>.
/// Parameters are those of the <see cref="MlpPart"/>, then "name.0.weight.sigma", "name.0.bias.sigma" and so on.
/// </summary>
/// <param name="Name">Unique in its group.</param>
/// <param name="Mlp">Its shape. Means are drawn as <see cref="Initialization.FanIn"/>, whatever it asks for.</param>
public sealed record NoisyMlpPart(string Name, MlpSpecification Mlp) : NetworkPart(Name)
{
    /// <summary>sigma_0: every sigma starts as this over the root of the layer's inputs; larger explores more. 0.5 in the paper.</summary>
    public float InitialDeviation { get; init; } = 0.5f;

    /// <inheritdoc/>
    public override int Inputs => Mlp.Inputs;

    /// <inheritdoc/>
    public override int Outputs => Mlp.Outputs;

    private MlpSpecification Means => Mlp with { Initialization = Initialization.FanIn };

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Parameters()
    {
        var means = MlpLayout.Parameters(Name, Mlp).ToList();
        return means.Concat(means.Where(mean => !mean.Name.Contains(".norm.", StringComparison.Ordinal)).Select(mean => (Deviation(mean.Name), mean.Shape)));
    }

    /// <inheritdoc/>
    public override void Initialize(ParameterBuffer parameters, RandomStream random)
    {
        WeightInitializer.Initialize(Name, Means, parameters, random);
        foreach (var layer in MlpLayout.Layers(Name, Mlp, parameters).Select((layout, index) => (layout.Inputs, Prefix: $"{Name}.{index}")))
        {
            // sigma = sigma_0 / sqrt(inputs)
            var deviation = InitialDeviation / MathF.Sqrt(layer.Inputs);
            parameters.Initial(Deviation($"{layer.Prefix}.weight")).Fill(deviation);
            parameters.Initial(Deviation($"{layer.Prefix}.bias")).Fill(deviation);
        }
    }

    /// <inheritdoc/>
    public override INetwork? Build(ParameterBuffer parameters, NetworkContext context)
    {
        var noisy = ParameterBuffer.Of(MlpLayout.Parameters(Name, Mlp));
        // Only sums of means and noise pass through the network, so either engine can run it.
        return new MlpPart(Name, Mlp).Build(noisy, context) is { } inner
            ? new NoisyNetwork(inner, noisy, parameters, MlpLayout.Layers(Name, Mlp, noisy), Name)
            : null;
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        Mlp.Validate();
        if (!(InitialDeviation >= 0 && float.IsFinite(InitialDeviation)))
        {
            throw new UsageException($"Noisy network '{Name}' has the initial deviation {InitialDeviation}; it must be a finite number from 0 up.");
        }
    }

    internal static string Deviation(string mean) => mean + ".sigma";
}
