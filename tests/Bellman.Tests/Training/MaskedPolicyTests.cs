using Bellman.Algorithms;
using Xunit;

namespace Bellman.Tests.Training;

/// <summary>Masks count when a policy is played, not only when it learns. Fails when the evaluation does not pass them on.</summary>
public sealed class MaskedPolicyTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Evaluated_policy_never_takes_an_unavailable_action(bool deterministic)
    {
        using var agent = new Ppo(new SynchronousVectorEnvironment(() => new OneDoorOpen(), 4), new PpoOptions { RolloutSteps = 8, Minibatches = 1 }, 1, 1000);
        var result = Evaluation.Run(agent.Policy, () => new OneDoorOpen(), 40, 3, deterministic, TestContext.Current.CancellationToken);
        Assert.All(result.Returns, value => Assert.Equal(10, value));
    }

    /// <summary>Three doors, one of them open at a time; taking another is worth nothing.</summary>
    private sealed class OneDoorOpen : IEnvironment, IActionMask
    {
        private int open;
        private int steps;

        public Space ObservationSpace { get; } = new Box(-1, 1, 1);

        public Space ActionSpace { get; } = new Discrete(3);

        public void Reset(RandomStream random, Span<float> observation) => (steps, open, observation[0]) = (0, random.NextInt32(3), 0);

        public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
        {
            var reward = action[0] == open ? 1 : 0;
            (open, observation[0]) = (random.NextInt32(3), 0);
            return new StepResult(reward, Terminated: ++steps == 10);
        }

        public void WriteActionMask(Span<bool> available)
        {
            available.Clear();
            available[open] = true;
        }

        public void Exchange(StateExchange state)
        {
            state.Value(nameof(open), ref open);
            state.Value(nameof(steps), ref steps);
        }
    }
}
