namespace Bellman.Neural;

/// <summary>Options of <see cref="Adam"/>.</summary>
public sealed record AdamOptions
{
    /// <summary>Default step size, above 0; <see cref="Adam.Step(double)"/> may be given another. Usual: 1e-4 to 1e-3.</summary>
    public double LearningRate { get; init; } = 3e-4;

    /// <summary>Decay of the gradient's running mean, in [0, 1); raising it smooths more.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the squared gradient's running mean, in [0, 1).</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root, above 0; raising it damps steps where gradients are tiny. PPO uses 1e-5.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled decay (AdamW): each step first scales parameters by 1 - learning rate x this. At least 0.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Throws when an option is out of range.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public void Validate()
    {
        Require(LearningRate > 0 && double.IsFinite(LearningRate), nameof(LearningRate), LearningRate, "above 0");
        Require(Beta1 is >= 0 and < 1, nameof(Beta1), Beta1, "in [0, 1)");
        Require(Beta2 is >= 0 and < 1, nameof(Beta2), Beta2, "in [0, 1)");
        Require(Epsilon > 0 && double.IsFinite(Epsilon), nameof(Epsilon), Epsilon, "above 0");
        Require(WeightDecay >= 0 && double.IsFinite(WeightDecay), nameof(WeightDecay), WeightDecay, "at least 0");
    }

    private static void Require(bool valid, string option, double value, string range)
    {
        if (!valid) { throw new UsageException($"Adam's option {option} is {value}; it must be {range}."); }
    }
}

/// <summary>
/// Adam and AdamW (Kingma and Ba 2015, algorithm 1; Loshchilov and Hutter 2019) over one flat buffer: one pass reads
/// and writes everything.
/// </summary>
public sealed class Adam : IStateful
{
    private readonly ParameterBuffer parameters;
    private readonly AdamOptions options;
    private readonly float[] firstMoment;
    private readonly float[] secondMoment;
    private long steps;

    /// <summary>An optimiser with moments of zero.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public Adam(ParameterBuffer parameters, AdamOptions options)
    {
        options.Validate();
        this.parameters = parameters;
        this.options = options;
        firstMoment = new float[parameters.Block.Length];
        secondMoment = new float[parameters.Block.Length];
    }

    /// <summary>Steps taken so far.</summary>
    public long Steps => steps;

    /// <summary>Moves the parameters by their gradients with the options' learning rate. Gradients are left as they are.</summary>
    public void Step() => Step(options.LearningRate);

    /// <summary>As <see cref="Step()"/> with another learning rate, for schedules.</summary>
    public void Step(double learningRate)
    {
        steps++;
        // m̂ = m / (1 - β₁^t),  v̂ = v / (1 - β₂^t)
        var step = new AdamStep(
            (float)(1 - learningRate * options.WeightDecay),
            (float)options.Beta1,
            (float)options.Beta2,
            (float)(learningRate / (1 - Math.Pow(options.Beta1, steps))),
            (float)(1 / Math.Sqrt(1 - Math.Pow(options.Beta2, steps))),
            (float)options.Epsilon);
        VectorKernels.Active.AdamStep(parameters.Block, parameters.Gradients, firstMoment, secondMoment, step);
        parameters.Changed();
    }

    /// <summary>Forgets all moments, as if no step had been taken: after parameters were moved by something else.</summary>
    public void Clear()
    {
        steps = 0;
        Array.Clear(firstMoment);
        Array.Clear(secondMoment);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(steps), ref steps);
        state.Array<float>(nameof(firstMoment), firstMoment);
        state.Array<float>(nameof(secondMoment), secondMoment);
    }
}
