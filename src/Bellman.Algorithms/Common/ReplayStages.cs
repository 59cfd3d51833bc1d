namespace Bellman.Algorithms;

/// <summary>What transitions pass through on their way into replay, the same for every algorithm that learns from it.</summary>
public static class ReplayStages
{
    /// <summary>The first stage; hand it to a <see cref="TransitionCollector"/>.</summary>
    /// <param name="environment">Where the transitions come from.</param>
    /// <param name="replay">Where they end.</param>
    /// <param name="sampler">Hears of every stored row.</param>
    /// <param name="multiStep">Steps of a window; 1 leaves them as they are.</param>
    /// <param name="gamma">Discount of a step.</param>
    /// <param name="hindsight">Goals that transitions are stored with again.</param>
    /// <param name="hindsightGoals">Such goals per transition.</param>
    /// <param name="random">Goals are drawn from a child of this stream.</param>
    /// <exception cref="UsageException">The stages exclude each other, or there are no goals to relabel.</exception>
    public static ITransitionSink Create(
        VectorEnvironment environment, ReplayBuffer replay, IReplaySampler sampler, int multiStep, double gamma,
        HindsightStrategy hindsight, int hindsightGoals, RandomStream random)
    {
        var store = new ReplayStore(replay, sampler);
        if (hindsight == HindsightStrategy.None)
        {
            return multiStep > 1 ? new MultiStepReturns(multiStep, gamma, environment.Count, replay.ObservationSize, replay.ActionSize, store) : store;
        }
        return multiStep == 1
            ? new HindsightReplay(environment, replay.ActionSize, hindsight, hindsightGoals, random.Child("hindsight"), store)
            : throw new UsageException($"Hindsight relabels single steps, and multiStep is {multiStep}. Set multiStep=1 or hindsight=none.");
    }
}
