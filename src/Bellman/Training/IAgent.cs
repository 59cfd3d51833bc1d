namespace Bellman;

/// <summary>
/// Something that is trained step by step: an agent in its environments, a language model by rewards. The training loop calls
/// <see cref="Advance"/> until enough steps are taken; all of its state travels in a checkpoint.
/// </summary>
public interface ITrainee : IStateful, IDisposable
{
    /// <summary>The algorithm's name on the command line, e.g. <c>ppo</c>.</summary>
    string Algorithm { get; }

    /// <summary>Steps taken so far: of the environments over all copies, or of the optimiser where there are none.</summary>
    long Steps { get; }

    /// <summary>What is read and what is written, in words: a checkpoint is only loaded where both are the same.</summary>
    (string Observations, string Actions) Interface { get; }

    /// <summary>
    /// The smallest unit of work between which a checkpoint may be taken: one collect-and-update of an on-policy
    /// algorithm, one step (and its updates) of an off-policy one.
    /// </summary>
    void Advance(IMetricSink metrics);
}

/// <summary>A learner together with the environments it learns from, which travel in its checkpoints.</summary>
public interface IAgent : ITrainee
{
    /// <summary>What the policy reads.</summary>
    Space ObservationSpace { get; }

    /// <summary>What the policy writes.</summary>
    Space ActionSpace { get; }

    /// <summary>The policy as it stands; it goes on changing as the agent learns.</summary>
    IPolicy Policy { get; }

    (string Observations, string Actions) ITrainee.Interface => (ObservationSpace.ToString(), ActionSpace.ToString());
}

/// <summary>Takes measurements as they are made.</summary>
public interface IMetricSink
{
    /// <summary>A scalar named like <c>loss/policy</c>; NaN means not defined this time. Averaged until it is written.</summary>
    void Add(string name, double value);

    /// <summary>A finished episode.</summary>
    void Episode(double episodeReturn, int length);
}
