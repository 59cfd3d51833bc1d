namespace Bellman.Algorithms;

/// <summary>
/// The acting half of an off-policy agent: steps the environment, hands every transition to a sink with the true final
/// observation where an episode ended, and says how many updates that step pays for.
/// </summary>
/// <remarks>
/// Updates are due per environment step over all copies, so that several copies see as many updates per transition as
/// one does. Its state is exchanged in the scope of its owner.
/// </remarks>
public sealed class TransitionCollector : IStateful
{
    private readonly VectorEnvironment environment;
    private readonly ObservationEncoder encoder;
    private readonly ITransitionSink sink;
    private readonly float[] previous;
    private long steps;

    /// <summary>Resets <paramref name="environment"/> and collects from it.</summary>
    /// <param name="environment">The copies.</param>
    /// <param name="encoder">Sees every observation once, so that its moments are those of what was met.</param>
    /// <param name="sink">Takes the transitions.</param>
    /// <param name="random">The copies draw from children of this stream.</param>
    public TransitionCollector(VectorEnvironment environment, ObservationEncoder encoder, ITransitionSink sink, RandomStream random)
    {
        (this.environment, this.encoder, this.sink) = (environment, encoder, sink);
        previous = new float[environment.Observations.Length];
        environment.Reset(random);
        encoder.Observe(environment.Observations, environment.Count);
    }

    /// <summary>Environment steps taken so far, over all copies.</summary>
    public long Steps => steps;

    /// <summary>Takes the environment's <see cref="VectorEnvironment.Actions"/> and hands on what followed.</summary>
    /// <param name="actions">[copies, size]: the same actions as the learner stores them, which may be scaled otherwise.</param>
    /// <param name="metrics">Hears of finished episodes.</param>
    public void Step(ReadOnlySpan<float> actions, IMetricSink metrics)
    {
        // The step writes the next observations over the current ones; a transition needs both.
        environment.Observations.CopyTo(previous, 0);
        environment.Step();
        var size = environment.ObservationSpace.Size;
        var actionSize = actions.Length / environment.Count;
        for (var i = 0; i < environment.Count; i++)
        {
            var (terminated, truncated) = (environment.Terminated[i], environment.Truncated[i]);
            var ended = terminated || truncated;
            sink.Add(new Transition(
                i, previous.AsSpan(i * size, size), actions.Slice(i * actionSize, actionSize), environment.Rewards[i],
                ended ? environment.FinalObservation(i) : environment.Observation(i), terminated, truncated));
            if (ended) { metrics.Episode(environment.EpisodeReturns[i], environment.EpisodeLengths[i]); }
        }
        encoder.Observe(environment.Observations, environment.Count);
        steps += environment.Count;
    }

    /// <summary>Updates that the last <see cref="Step"/> pays for: one whenever the steps over all copies pass a multiple of <paramref name="every"/>.</summary>
    public long UpdatesDue(int every) => steps / every - (steps - environment.Count) / every;

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(steps), ref steps);
        state.Part(nameof(encoder), encoder);
        state.Part(nameof(environment), environment);
        sink.Exchange(state);
    }
}
