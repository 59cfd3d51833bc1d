using Xunit;

namespace Bellman.Tests.Runs;

public sealed class EvaluationTests
{
    [Fact]
    public void Result_says_mean_and_deviation()
    {
        var result = new EvaluationResult([1, 2, 6], [2, 4, 6]);
        Assert.Equal(3, result.MeanReturn);
        // ((1-3)^2 + (2-3)^2 + (6-3)^2) / 2 = 7
        Assert.Equal(Math.Sqrt(7), result.ReturnDeviation, 1e-12);
        Assert.Equal(4, result.MeanLength);
        Assert.Equal(0, new EvaluationResult([5], [1]).ReturnDeviation);
    }

    // Lengths 1 and 99 are equally likely. Counting whichever 30 episodes end first in 10 copies gives a mean near 15.
    [Fact]
    public void Long_episodes_are_not_crowded_out_by_short_ones()
    {
        var lengths = Evaluation.Run(new FakeAgent().Policy, () => new OneOr99(), episodes: 400, seed: 2, cancellation: TestContext.Current.CancellationToken).Lengths;
        Assert.Equal(400, lengths.Count);
        Assert.InRange(lengths.Average(), 42, 58);
    }

    [Fact]
    public void Same_seed_same_episodes_another_seed_others()
    {
        double[] Returns(ulong seed, bool deterministic = false) => [.. Evaluation.Run(new FakeAgent().Policy, () => new Corridors(), 9, seed, deterministic).Returns];
        Assert.Equal(Returns(1), Returns(1));
        Assert.NotEqual(Returns(1), Returns(2));
        Assert.All(Returns(1, deterministic: true), value => Assert.Equal(0, value));
    }

    [Fact]
    public void More_copies_than_episodes_count_only_as_many()
    {
        using var environment = new SynchronousVectorEnvironment(() => new Corridors(), 8);
        Assert.Equal(3, Evaluation.Run(new FakeAgent().Policy, environment, 3, seed: 1, cancellation: TestContext.Current.CancellationToken).Returns.Count);
    }

    [Fact]
    public void Evaluation_stops_when_cancelled()
    {
        using var environment = Corridors.Make();
        Assert.Throws<OperationCanceledException>(() => Evaluation.Run(new FakeAgent().Policy, environment, 3, 1, cancellation: new CancellationToken(canceled: true)));
    }

    private sealed class OneOr99 : IEnvironment
    {
        private int left;

        public Space ObservationSpace { get; } = new Box(-1, 1, 1);

        public Space ActionSpace { get; } = new Discrete(2);

        public void Reset(RandomStream random, Span<float> observation)
        {
            left = random.NextBoolean() ? 1 : 99;
            observation[0] = 0;
        }

        public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
        {
            observation[0] = 0;
            return new StepResult(1, Terminated: --left == 0);
        }

        public void Exchange(StateExchange state) => state.Value(nameof(left), ref left);
    }
}
