namespace Bellman;

/// <summary>
/// A learner together with the environments it learns from. The training loop calls <see cref="Advance"/>
/// until enough steps are taken; all of its state, environments and replay included, travels in a checkpoint.
/// </summary>
public interface IAgent : IStateful, IDisposable
{
    /// <summary>The algorithm's name on the command line, e.g. <c>ppo</c>.</summary>
    string Algorithm { get; }

    /// <summary>Environment steps taken so far, over all copies.</summary>
    long Steps { get; }

    /// <summary>What the policy reads.</summary>
    Space ObservationSpace { get; }

    /// <summary>What the policy writes.</summary>
    Space ActionSpace { get; }

    /// <summary>The policy as it stands; it goes on changing as the agent learns.</summary>
    IPolicy Policy { get; }

    /// <summary>
    /// The smallest unit of work between which a checkpoint may be taken: one collect-and-update of an on-policy
    /// algorithm, one step (and its updates) of an off-policy one.
    /// </summary>
    void Advance(IMetricSink metrics);
}

/// <summary>Takes measurements as they are made.</summary>
public interface IMetricSink
{
    /// <summary>A scalar named like <c>loss/policy</c>; NaN means not defined this time. Averaged until it is written.</summary>
    void Add(string name, double value);

    /// <summary>A finished episode.</summary>
    void Episode(double episodeReturn, int length);
}
