using System.Runtime.InteropServices;
using Bellman.Algorithms;
using Bellman.Environments.Dots;
using static TorchSharp.torch;

namespace Bellman.Papers.InformationPrioritization;

/// <summary>What a model is trained with on <see cref="InfoVec"/>.</summary>
/// <param name="Options">Empowerment; null for none.</param>
internal sealed record InfoVecSetting(InfoPowerOptions? Options)
{
    /// <summary>Whether latents must tell observations apart.</summary>
    public bool Contrast { get; init; } = true;

    /// <summary>Whether the posterior sees no action.</summary>
    public bool ActionFree { get; init; } = true;

    /// <summary>Whether observations are noise that tells nothing.</summary>
    public bool NoiseOnly { get; init; }
}

/// <summary>
/// The probe of the reproduction: a dot that random actions move, seen through 16 numbers of which a flying distractor fills nine tenths. A model
/// with a latent of two numbers has to choose what it keeps.
/// </summary>
internal sealed class InfoVec : IDisposable
{
    private const int Sequences = 150;
    private const int Steps = 20;
    private const int FirstProbed = 5;

    private readonly WorldModel model;
    private readonly EmpowermentTerm? term;
    private readonly SequenceReplay training;
    private readonly SequenceBatch batch;
    private readonly SequenceBatch held;
    private readonly RandomStream draws;
    // [sequences, steps, 2] each: p and q of the held-out sequences.
    private readonly float[] positions = new float[Sequences * Steps * 2];
    private readonly float[] distractors = new float[Sequences * Steps * 2];

    public InfoVec(InfoVecSetting setting, ulong seed)
    {
        var random = RandomStream.Create(seed, "infovec");
        draws = random.Child("draws");
        var options = Options(setting);
        var environment = new Distractor(new DotCentre(), new DistractorOptions { Mixing = (int)seed });
        var size = environment.ObservationSpace.Size;
        var recorded = Record(environment, random.Child("training"), setting.NoiseOnly);
        held = Record(environment, random.Child("held out"), setting.NoiseOnly);
        // Each sequence is a copy of its own: windows lie within sequences.
        training = new SequenceReplay(Sequences * Steps, Sequences, size, 2);
        for (var at = 0; at < Sequences * Steps; at++)
        {
            var observation = recorded.Observations.AsSpan(at * size, size);
            if (at % Steps == 0) { training.Begin(at / Steps, observation); }
            else { training.Add(at / Steps, observation, recorded.Actions.AsSpan(at * 2, 2), 0, false, recorded.LogProbabilities[at]); }
        }
        batch = new SequenceBatch(options.BatchSize, options.SequenceLength, size, 2);
        term = setting.Options is null ? null : new EmpowermentTerm(setting.Options);
        var terms = new List<IWorldModelTerm>();
        if (setting.Contrast) { terms.Add(new ContrastiveTerm()); }
        if (term is not null) { terms.Add(term); }
        using var turn = TorchTurn.Take();
        model = new WorldModel(environment.ObservationSpace, 2, options, terms, random.Child("model"));
    }

    /// <summary>λ as it stands.</summary>
    public double Multiplier => term?.Multiplier ?? 0;

    /// <summary>Whether λ is stuck at its bound.</summary>
    public bool IsInfeasible => term?.IsInfeasible ?? false;

    /// <summary>The laptop-scale model.</summary>
    public static WorldModelOptions Options(InfoVecSetting setting) => new()
    {
        Deterministic = 32,
        Stochastic = 2,
        Hidden = 32,
        EncoderHidden = [64],
        Embedding = 32,
        ActionFreePosterior = setting.ActionFree,
        Objective = ObservationObjective.Contrast,
        KlWeight = 0.1,
        FreeNats = 0,
        BatchSize = 24,
        SequenceLength = 10,
        ModelLearningRate = 3e-3,
    };

    /// <summary>One update of the model.</summary>
    public void Update(IMetricSink metrics)
    {
        training.Sample(batch, draws);
        using var turn = TorchTurn.Take();
        using var scope = NewDisposeScope();
        model.Update(batch, metrics);
    }

    /// <summary>The empowerment bound on held-out sequences, in nats; NaN without an inverse model.</summary>
    public double HeldOutBound()
    {
        if (term is null) { return double.NaN; }
        using var turn = TorchTurn.Take();
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        return term.Estimate(model.Observe(held)).Bound;
    }

    /// <summary>R² of the dot's and of the distractor's position in the posterior means of held-out sequences, the mean of both coordinates each.</summary>
    public (double Position, double Distractor) Probe()
    {
        using var turn = TorchTurn.Take();
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        var width = model.Shape.Options.Stochastic;
        var means = MemoryMarshal.Cast<byte, float>(model.Observe(held).Posterior.Mean.contiguous().bytes);
        var (codes, positions, distractors) = (new List<float>(), new List<float>(), new List<float>());
        for (var at = 0; at < Sequences * Steps; at++)
        {
            if (at % Steps < FirstProbed) { continue; }
            codes.AddRange(means.Slice(at * width, width));
            positions.AddRange(this.positions.AsSpan(at * 2, 2));
            distractors.AddRange(this.distractors.AsSpan(at * 2, 2));
        }
        return (LinearProbe.Score([.. codes], width, [.. positions], 2).Average(), LinearProbe.Score([.. codes], width, [.. distractors], 2).Average());
    }

    /// <inheritdoc/>
    public void Dispose() => model.Dispose();

    /// <summary>Sequences of uniform actions; the true positions are kept of those recorded last.</summary>
    private SequenceBatch Record(Distractor environment, RandomStream random, bool noiseOnly)
    {
        var dot = (DotCentre)environment.Inner;
        var size = environment.ObservationSpace.Size;
        var sequences = new SequenceBatch(Sequences, Steps, size, 2);
        for (var at = 0; at < Sequences * Steps; at++)
        {
            var observation = sequences.Observations.AsSpan(at * size, size);
            var action = sequences.Actions.AsSpan(at * 2, 2);
            if (at % Steps == 0)
            {
                sequences.Begins[at] = 1;
                environment.Reset(random, observation);
            }
            else
            {
                foreach (ref var component in action) { component = 2 * random.NextSingle() - 1; }
                // Uniform on [-1, 1]^2: log pi = -2 ln 2
                sequences.LogProbabilities[at] = (float)(-2 * Math.Log(2));
                environment.Step(action, random, observation);
            }
            if (noiseOnly) { random.NextGaussians(observation); }
            for (var i = 0; i < 2; i++) { (positions[at * 2 + i], distractors[at * 2 + i]) = ((float)dot.Position[i], (float)environment.Position[i]); }
        }
        return sequences;
    }
}
