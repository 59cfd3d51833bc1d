namespace Bellman.Algorithms.Imitation;

/// <summary>Who acts while an imitator plays, and what of it is cloned.</summary>
public interface IImitationRule : IStateful
{
    /// <summary>A new episode.</summary>
    /// <param name="round">Rounds of learning so far.</param>
    /// <param name="episode">Episodes so far.</param>
    void BeginEpisode(long round, long episode);

    /// <summary>Decides a step.</summary>
    /// <param name="observation">What is seen.</param>
    /// <param name="proposed">The imitator's action.</param>
    /// <param name="executed">Written: the action taken.</param>
    /// <param name="label">Written where something is cloned: the action to imitate here.</param>
    /// <param name="random">The draws.</param>
    ImitationStep Step(ReadOnlySpan<float> observation, ReadOnlySpan<float> proposed, Span<float> executed, Span<float> label, RandomStream random);
}

/// <summary>What a step was.</summary>
/// <param name="Expert">Whether the expert acted.</param>
/// <param name="Cloned">Whether the label joins the data.</param>
public readonly record struct ImitationStep(bool Expert, bool Cloned);

/// <summary>
/// DAgger (Ross et al. 2011): in round i the expert acts at a step with probability β^i, else the imitator, and the expert says for the
/// visited states what it would have done. The first round is thus the expert's.
/// </summary>
public sealed class DAggerRule : IImitationRule
{
    private readonly ExpertActions expert;
    private readonly double mixture;
    private readonly double labelled;
    private double share;

    /// <summary>A rule.</summary>
    /// <param name="expert">The expert.</param>
    /// <param name="mixture">β, from 0 to 1.</param>
    /// <param name="labelled">Share of the visited states that are labelled, above 0 up to 1.</param>
    /// <param name="sample">Whether the expert samples its actions.</param>
    /// <exception cref="UsageException">One of them is out of range.</exception>
    public DAggerRule(IPolicy expert, double mixture, double labelled = 1, bool sample = false)
    {
        if (!(mixture is >= 0 and <= 1)) { throw new UsageException($"The mixture of DAgger, beta, is {mixture}; it must be from 0 to 1."); }
        if (!(labelled is > 0 and <= 1)) { throw new UsageException($"The share of states that are labelled is {labelled}; it must be above 0 and at most 1."); }
        (this.expert, this.mixture, this.labelled) = (new ExpertActions(expert, sample), mixture, labelled);
    }

    /// <summary>β_i = β^i, with 0^0 = 1.</summary>
    public static double Share(double mixture, long round) => Math.Pow(mixture, round);

    /// <inheritdoc/>
    public void BeginEpisode(long round, long episode) => share = Share(mixture, round);

    /// <inheritdoc/>
    public ImitationStep Step(ReadOnlySpan<float> observation, ReadOnlySpan<float> proposed, Span<float> executed, Span<float> label, RandomStream random)
    {
        expert.Act(observation, label, random);
        var expertActs = random.NextBoolean(share);
        if (expertActs) { label.CopyTo(executed); } else { proposed.CopyTo(executed); }
        return new ImitationStep(expertActs, random.NextBoolean(labelled));
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => state.Value(nameof(share), ref share);
}

/// <summary>HG-DAgger (Kelly et al. 2019): the imitator acts until the expert takes over, and the expert's actions then are cloned.</summary>
public sealed class GatedRule : IImitationRule
{
    private readonly IInterventionSource source;
    private readonly TakeOver takeOver;
    private readonly bool cloneAll;
    private readonly Action<long>? beginEpisode;

    /// <summary>A rule.</summary>
    /// <param name="source">When the expert takes over, and what it does.</param>
    /// <param name="length">Steps that an intervention lasts.</param>
    /// <param name="cloneAll">Clones the imitator's own actions too, as the program released with RLIF does.</param>
    /// <param name="beginEpisode">Is told how many episodes there were, for sources that change with time.</param>
    /// <exception cref="UsageException">The length is below 1.</exception>
    public GatedRule(IInterventionSource source, int length, bool cloneAll = false, Action<long>? beginEpisode = null) =>
        (this.source, takeOver, this.cloneAll, this.beginEpisode) = (source, new TakeOver(length), cloneAll, beginEpisode);

    /// <inheritdoc/>
    public void BeginEpisode(long round, long episode)
    {
        takeOver.Reset();
        beginEpisode?.Invoke(episode);
    }

    /// <inheritdoc/>
    public ImitationStep Step(ReadOnlySpan<float> observation, ReadOnlySpan<float> proposed, Span<float> executed, Span<float> label, RandomStream random)
    {
        var turn = takeOver.Next(takeOver.Asks && source.Decide(observation, proposed, random));
        if (turn.Expert) { source.Act(observation, executed, random); } else { proposed.CopyTo(executed); }
        executed.CopyTo(label);
        return new ImitationStep(turn.Expert, turn.Expert || cloneAll);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => state.Part(nameof(takeOver), takeOver);
}
