namespace Bellman.Neural;

/// <summary>The shape of a decision transformer's network.</summary>
/// <param name="Observation">Floats of an encoded observation.</param>
/// <param name="Action">Floats of an action as it is read: components, or one for each choice.</param>
/// <param name="Outputs">Numbers written for an action.</param>
public sealed record CausalTransformerShape(int Observation, int Action, int Outputs)
{
    /// <summary>Steps of the context, K.</summary>
    public int Context { get; init; } = 20;

    /// <summary>Blocks.</summary>
    public int Layers { get; init; } = 3;

    /// <summary>Width of a token.</summary>
    public int Width { get; init; } = 128;

    /// <summary>Attention heads; they divide the width.</summary>
    public int Heads { get; init; } = 1;

    /// <summary>Time steps told apart.</summary>
    public int Horizon { get; init; } = 1000;

    /// <summary>Activation inside a block.</summary>
    public Activation Activation { get; init; } = Activation.Relu;

    /// <summary>Activation of the outputs.</summary>
    public Activation OutputActivation { get; init; } = Activation.Identity;

    /// <summary>Numbers of one row: [K] returns, [K, observation], [K, action], [K] time steps, [K] 1 where there is a step and 0 where it is padding.</summary>
    public int Inputs => Context * (Observation + Action + 3);
}

/// <summary>
/// A small GPT over tokens (return, observation, action) of K steps (Chen et al. 2021, "Decision transformer"): each is embedded and gets the embedding
/// of its time step; after layer norm, blocks of causal attention and an MLP, pre-norm; outputs are read at observations' tokens. A row of the network is
/// a whole context, padding first; computed by torch. Without dropout.
/// </summary>
/// <param name="Name">Unique in its group.</param>
/// <param name="Shape">Its shape.</param>
public sealed record CausalTransformerPart(string Name, CausalTransformerShape Shape) : NetworkPart(Name)
{
    private const double Deviation = 0.02;

    /// <inheritdoc/>
    public override int Inputs => Shape.Inputs;

    /// <inheritdoc/>
    public override int Outputs => Shape.Context * Shape.Outputs;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Parameters()
    {
        var width = Shape.Width;
        List<(string, int[])> parameters = [];
        void Dense(string name, int inputs, int outputs) => parameters.AddRange([($"{Name}.{name}.weight", [outputs, inputs]), ($"{Name}.{name}.bias", [outputs])]);
        void Norm(string name) => parameters.AddRange([($"{Name}.{name}.weight", [width]), ($"{Name}.{name}.bias", [width])]);
        Dense("return", 1, width);
        Dense("observation", Shape.Observation, width);
        Dense("action", Shape.Action, width);
        parameters.Add(($"{Name}.time.weight", [Shape.Horizon, width]));
        Norm("norm");
        for (var layer = 0; layer < Shape.Layers; layer++)
        {
            Norm($"{layer}.attention.norm");
            Dense($"{layer}.attention.in", width, 3 * width);
            Dense($"{layer}.attention.out", width, width);
            Norm($"{layer}.mlp.norm");
            Dense($"{layer}.mlp.in", width, 4 * width);
            Dense($"{layer}.mlp.out", 4 * width, width);
        }
        Norm("last");
        Dense("head", width, Shape.Outputs);
        return parameters;
    }

    /// <summary>Weights are normal with deviation 0.02, as GPT-2's; biases 0, norms 1.</summary>
    public override void Initialize(ParameterBuffer parameters, RandomStream random)
    {
        foreach (var (name, shape) in Parameters())
        {
            var values = parameters.Initial(name);
            if (shape.Length == 1)
            {
                values.Fill(name.EndsWith(".weight", StringComparison.Ordinal) ? 1 : 0);
                continue;
            }
            var draws = random.Child(name);
            foreach (ref var value in values) { value = (float)(Deviation * draws.NextGaussian()); }
        }
    }

    /// <inheritdoc/>
    public override INetwork? Build(ParameterBuffer parameters, NetworkContext context)
    {
        context.UsesTorch = true;
        return new TorchCausalTransformer(Name, Shape, parameters, context.Options.Threads);
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        foreach (var (name, value) in new[] { ("observation", Shape.Observation), ("action", Shape.Action), ("outputs", Shape.Outputs), ("context", Shape.Context), ("layers", Shape.Layers), ("width", Shape.Width), ("heads", Shape.Heads), ("horizon", Shape.Horizon) })
        {
            if (value < 1) { throw new UsageException($"Transformer '{Name}' has {name} {value}; it must be at least 1."); }
        }
        if (Shape.Width % Shape.Heads != 0) { throw new UsageException($"Transformer '{Name}' has width {Shape.Width} and {Shape.Heads} heads; heads divide the width."); }
    }
}
