namespace Bellman.Algorithms.Imitation;

/// <summary>Takes over at random, with the same probability at every step.</summary>
public sealed class RandomInterventions : IInterventionSource
{
    private readonly ExpertActions expert;
    private readonly double probability;

    /// <summary>A source.</summary>
    /// <param name="expert">Who acts then.</param>
    /// <param name="probability">From 0 to 1.</param>
    /// <param name="sample">Whether the expert samples its actions.</param>
    /// <exception cref="UsageException">The probability is out of range.</exception>
    public RandomInterventions(IPolicy expert, double probability, bool sample = false)
    {
        if (!(probability is >= 0 and <= 1)) { throw new UsageException($"The probability of an intervention is {probability}; it must be from 0 to 1."); }
        (this.expert, this.probability) = (new ExpertActions(expert, sample), probability);
    }

    /// <inheritdoc/>
    public bool Decide(ReadOnlySpan<float> observation, ReadOnlySpan<float> proposed, RandomStream random) => random.NextBoolean(probability);

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observation, Span<float> action, RandomStream random) => expert.Act(observation, action, random);
}

/// <summary>
/// Takes over where the learner's action is far from the expert's: ||a_exp - a||₁ at or above a threshold, then with a probability of 1 - ε.
/// Discrete actions are 1 apart where they differ.
/// </summary>
public sealed class DistanceInterventions : IInterventionSource
{
    private readonly ExpertActions expert;
    private readonly double threshold;
    private readonly bool discrete;
    private float[] own = [];

    /// <summary>A source.</summary>
    /// <param name="expert">Who acts then.</param>
    /// <param name="actionSpace">The actions.</param>
    /// <param name="threshold">Distance from which on it takes over, above 0.</param>
    /// <param name="sample">Whether the expert samples its actions.</param>
    /// <exception cref="UsageException">The threshold is out of range.</exception>
    public DistanceInterventions(IPolicy expert, Space actionSpace, double threshold, bool sample = false)
    {
        if (!(threshold > 0)) { throw new UsageException($"The distance from which on an expert takes over is {threshold}; it must be above 0, or it always does."); }
        (this.expert, this.threshold, discrete) = (new ExpertActions(expert, sample), threshold, actionSpace is Discrete);
    }

    /// <summary>ε: share of the interventions that are missed, from 0 to 1.</summary>
    public double Missed { get; set; }

    /// <inheritdoc/>
    public bool Decide(ReadOnlySpan<float> observation, ReadOnlySpan<float> proposed, RandomStream random)
    {
        if (own.Length != proposed.Length) { own = new float[proposed.Length]; }
        expert.Act(observation, own, random);
        return Distance(own, proposed, discrete) >= threshold && !random.NextBoolean(Missed);
    }

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observation, Span<float> action, RandomStream random) => expert.Act(observation, action, random);

    /// <summary>||a - b||₁; of discrete actions 0 or 1.</summary>
    public static double Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b, bool discrete)
    {
        var distance = 0.0;
        for (var i = 0; i < a.Length; i++) { distance += discrete ? (a[i] == b[i] ? 0 : 1) : Math.Abs((double)a[i] - b[i]); }
        return distance;
    }
}

/// <summary>Q of a reference policy that is better than the expert, and judges when to take over.</summary>
public interface IReferenceValue
{
    /// <summary>Q_ref(s, a).</summary>
    double Value(ReadOnlySpan<float> observation, ReadOnlySpan<float> action);
}

/// <summary>How two values are compared.</summary>
public enum ValueRule
{
    /// <summary>Q_ref(s, a_ref) &gt; Q_ref(s, a) + δ.</summary>
    Absolute,

    /// <summary>Q_ref(s, a) &lt; α Q_ref(s, a_ref): for positive values only.</summary>
    Relative,
}

/// <summary>When a <see cref="ValueInterventions"/> takes over.</summary>
public sealed record ValueInterventionOptions
{
    /// <summary>How values are compared.</summary>
    public ValueRule Rule { get; init; }

    /// <summary>δ of the absolute rule, or α of the relative one (0.97 to 0.99); null takes 0.03 and 0.97.</summary>
    public double? Confidence { get; init; }

    /// <summary>β, probability of taking over where the action is bad, and of not doing so where it is not; from 0.5 to 1.</summary>
    public double Reliability { get; init; } = 0.95;

    /// <summary>Compares with the expert's own action instead of the reference policy's.</summary>
    public bool CompareWithExpert { get; init; }

    /// <summary>Whether the expert samples its actions.</summary>
    public bool Sample { get; init; }
}

/// <summary>
/// Takes over where a reference critic finds the learner's action worse than the reference's (Luo et al. 2024): <em>when</em> is judged by the
/// reference, <em>what</em> to do then is the expert's, who may be much worse.
/// </summary>
public sealed class ValueInterventions : IInterventionSource
{
    private const double DefaultDelta = 0.03;
    private const double DefaultAlpha = 0.97;

    private readonly ExpertActions expert;
    private readonly IPolicy reference;
    private readonly IReferenceValue values;
    private readonly ValueInterventionOptions options;
    private readonly double confidence;
    private float[] better = [];

    /// <summary>A source.</summary>
    /// <param name="expert">Who acts.</param>
    /// <param name="reference">The reference policy.</param>
    /// <param name="values">Its values.</param>
    /// <param name="options">When.</param>
    /// <exception cref="UsageException">An option is out of range, or there are no values.</exception>
    public ValueInterventions(IPolicy expert, IPolicy reference, IReferenceValue? values, ValueInterventionOptions options)
    {
        this.values = values ?? throw new UsageException("A value-based rule needs the values of a reference, Q_ref. Give an IReferenceValue, or take random or distance interventions.");
        if (!(options.Reliability is >= 0.5 and <= 1)) { throw new UsageException($"The reliability of interventions, beta, is {options.Reliability}; it must be from 0.5 to 1: below, the expert takes over where the learner does well."); }
        confidence = options.Confidence ?? (options.Rule == ValueRule.Absolute ? DefaultDelta : DefaultAlpha);
        if (!(confidence >= 0) || options.Rule == ValueRule.Relative && confidence > 1) { throw new UsageException($"The confidence of interventions is {confidence}; the absolute rule takes a number from 0 up, the relative one from 0 to 1."); }
        (this.expert, this.reference, this.options) = (new ExpertActions(expert, options.Sample), reference, options);
    }

    /// <inheritdoc/>
    public bool Decide(ReadOnlySpan<float> observation, ReadOnlySpan<float> proposed, RandomStream random)
    {
        if (better.Length != proposed.Length) { better = new float[proposed.Length]; }
        if (options.CompareWithExpert) { expert.Act(observation, better, random); } else { reference.Act(observation, 1, better, null); }
        return random.NextBoolean(Probability(values.Value(observation, proposed), values.Value(observation, better)));
    }

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observation, Span<float> action, RandomStream random) => expert.Act(observation, action, random);

    /// <summary>β where the action is bad, else 1 - β.</summary>
    /// <param name="value">Q_ref(s, a).</param>
    /// <param name="referenceValue">Q_ref(s, a_ref).</param>
    /// <exception cref="UsageException">The rule is relative and a value is not positive.</exception>
    public double Probability(double value, double referenceValue)
    {
        if (options.Rule == ValueRule.Relative && !(value > 0 && referenceValue > 0))
        {
            throw new UsageException($"The relative rule compares shares of values, and Q_ref is {Math.Min(value, referenceValue)}: of negative values it would call equal actions bad. Take the absolute rule.");
        }
        var bad = options.Rule == ValueRule.Absolute ? referenceValue > value + confidence : value < confidence * referenceValue;
        return bad ? options.Reliability : 1 - options.Reliability;
    }
}

/// <summary>Asks an expert policy for one action.</summary>
internal sealed class ExpertActions(IPolicy expert, bool sample)
{
    public void Act(ReadOnlySpan<float> observation, Span<float> action, RandomStream random) => expert.Act(observation, 1, action, sample ? random : null);
}
