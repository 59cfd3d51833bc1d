using Bellman.Algorithms.Tabular;

namespace Bellman.Papers.RandomizedPreferenceLearning;

/// <summary>
/// PbTS (Wu and Sun 2023): Thompson sampling for preferences. Each round draws a reward and a kernel from the beliefs, plays the policy that is
/// optimal for them beside that of the round before, and asks only when draws of the reward disagree about the comparison.
/// </summary>
public sealed class Pbts
{
    private readonly TransitionKernel kernel;
    private readonly StationaryReward trueReward;
    private readonly PreferenceOptions options;
    private readonly IRewardPosterior rewards;
    private readonly ITransitionPosterior transitions;
    private readonly QueryRule rule;
    private readonly ComparatorPolicy comparator;
    private readonly RandomStream posteriorStream;
    private readonly RandomStream playStream;
    private int round;

    /// <summary>A learner with its prior beliefs.</summary>
    /// <param name="kernel">Where actions lead; only played.</param>
    /// <param name="trueReward">What the person judges by; only asked.</param>
    /// <param name="rewards">Beliefs about the reward.</param>
    /// <param name="transitions">Beliefs about the kernel.</param>
    /// <param name="options">Options.</param>
    /// <param name="random">The stream of draws, play and queries.</param>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public Pbts(TransitionKernel kernel, StationaryReward trueReward, IRewardPosterior rewards, ITransitionPosterior transitions, PreferenceOptions options, RandomStream random)
    {
        this.options = options = OptionSet.Validated(options, "PbTS");
        (this.kernel, this.trueReward, this.rewards, this.transitions) = (kernel, trueReward, rewards, transitions);
        rule = new QueryRule(options, random.Child("queries"));
        comparator = new ComparatorPolicy(options, kernel.StateCount, kernel.ActionCount, random.Child("first policy"));
        posteriorStream = random.Child("posterior");
        playStream = random.Child("play");
    }

    /// <summary>Plays a round.</summary>
    /// <param name="oracle">Who is asked.</param>
    /// <returns>The policies and what happened.</returns>
    public (PolicyPair Policies, PreferenceRound Round) Step(PreferenceOracle oracle)
    {
        round++;
        var (reward, world) = (rewards.Sample(posteriorStream), transitions.Sample(posteriorStream));
        var planned = new StepReward(options.Horizon, kernel.StateCount, kernel.ActionCount, (_, state, action) => reward(state, action));
        var policies = comparator.Pair(FiniteHorizonPlanning.Optimal(world, planned).Policy);
        var first = Play(policies.Newest);
        var second = Play(policies.Other);
        var score = rewards.Disagreement(first, second);
        // The same pairs in another order are the same to every reward.
        var differ = !first.States.Zip(first.Actions).Order().SequenceEqual(second.States.Zip(second.Actions).Order());
        var asks = rule.Asks(score, differ);
        int? preference = null;
        if (asks)
        {
            preference = oracle.Ask(first.Return((state, action) => trueReward(state, action)) - second.Return((state, action) => trueReward(state, action)));
            rewards.Update(new Comparison(first, second, preference.Value));
        }
        Learn(first);
        Learn(second);
        return (policies, new PreferenceRound(round, first, second, score, asks, preference, null));
    }

    private Trajectory Play(int[][]? policy) => Trajectory.Play(kernel, options.Horizon,
        (step, state) => policy is null ? playStream.NextInt32(kernel.ActionCount) : policy[step][state], playStream);

    private void Learn(Trajectory trajectory)
    {
        for (var step = 0; step < options.Horizon; step++) { transitions.Update((trajectory.States[step], trajectory.Actions[step], trajectory.States[step + 1])); }
    }
}
