using Bellman.Algorithms;
using Xunit;

namespace Bellman.Tests.Algorithms;

/// <summary>Every distribution over actions: its derivatives, its bounds, and what it refuses.</summary>
public sealed class PolicyHeadTests
{
    private static readonly Box Bounded = new([-2, 0, -1], [2, 5, 1]);

    public static TheoryData<Space, ActionDistribution> Heads =>
        new((Bounded, ActionDistribution.Gaussian), (Bounded, ActionDistribution.TanhGaussian), (Bounded, ActionDistribution.Beta), (Bounded, ActionDistribution.StateDependent),
            (new Discrete(4), ActionDistribution.Gaussian), (new MultiDiscrete(3, 2, 4), ActionDistribution.Gaussian), (new MultiBinary(3), ActionDistribution.Gaussian));

    [Theory, MemberData(nameof(Heads))]
    public void Gradient_of_log_probability_and_entropy_is_their_slope(Space space, ActionDistribution distribution)
    {
        var head = ActionHead.For(space, distribution, features: 6);
        var random = RandomStream.Create(1);
        var (outputs, free, action) = Draw(head, random);
        float[] byOutput = new float[head.Outputs], byFree = new float[head.FreeParameters];
        head.AddGradient(outputs, free, action, 0.7f, 0.3f, byOutput, byFree);
        for (var i = 0; i < head.LayerOutputs; i++) { Near(Slope(outputs, i), byOutput[i]); }
        for (var i = 0; i < free.Length; i++) { Near(Slope(free, i), byFree[i]); }
        // What is passed on to the head is given: nothing flows back to it.
        Assert.All(byOutput[head.LayerOutputs..], value => Assert.Equal(0, value));

        double Slope(float[] values, int i)
        {
            var at = values[i];
            values[i] = at + 1e-2f;
            var above = 0.7 * head.LogProbability(outputs, free, action) + 0.3 * head.Entropy(outputs, free);
            values[i] = at - 1e-2f;
            var below = 0.7 * head.LogProbability(outputs, free, action) + 0.3 * head.Entropy(outputs, free);
            values[i] = at;
            return (above - below) / 2e-2;
        }

        static void Near(double expected, float actual) => Assert.Equal(expected, actual, 4e-3 * (1 + Math.Abs(expected)));
    }

    [Theory, MemberData(nameof(Heads))]
    public void Every_action_lies_in_the_space(Space space, ActionDistribution distribution)
    {
        var head = ActionHead.For(space, distribution, features: 6);
        var random = RandomStream.Create(2);
        var element = new float[space.Size];
        for (var i = 0; i < 500; i++)
        {
            var (outputs, free, action) = Draw(head, random, spread: 6);
            head.ToEnvironment(action, element);
            Assert.Null(space.Explain(element));
            head.Act(outputs, free, null, action);
            head.ToEnvironment(action, element);
            Assert.Null(space.Explain(element));
            Assert.True(float.IsFinite(head.LogProbability(outputs, free, action)));
        }
    }

    [Fact]
    public void Multi_discrete_choices_are_independent()
    {
        var head = ActionHead.For(new MultiDiscrete(2, 3), ActionDistribution.Gaussian, 0);
        float[] logits = [0.2f, -0.4f, 1, 0, -1];
        Assert.Equal(5, head.Outputs);
        var expected = LogSoftmax([0.2, -0.4], 1) + LogSoftmax([1, 0, -1], 2);
        Assert.Equal(expected, head.LogProbability(logits, [], [1, 2]), 1e-5);
        head.Mask(logits, [true, false, false, true, true]);
        Assert.Equal(LogSoftmax([0, -1], 0), head.LogProbability(logits, [], [0, 1]), 1e-5);

        static double LogSoftmax(double[] row, int index) => row[index] - Math.Log(row.Sum(Math.Exp));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var unbounded = new Box(float.NegativeInfinity, float.PositiveInfinity, 2);
        Assert.Contains("needs bounds", Assert.Throws<UsageException>(() => ActionHead.For(unbounded, ActionDistribution.Beta, 0)).Message, StringComparison.Ordinal);
        Assert.Contains("needs bounds", Assert.Throws<UsageException>(() => ActionHead.For(unbounded, ActionDistribution.TanhGaussian, 0)).Message, StringComparison.Ordinal);
        Assert.Contains("continuous actions", Assert.Throws<UsageException>(() => ActionHead.For(new Discrete(2), ActionDistribution.Beta, 0)).Message, StringComparison.Ordinal);
        Assert.Contains("cannot act in", Assert.Throws<UsageException>(() => ActionHead.For(new Text(5), ActionDistribution.Gaussian, 0)).Message, StringComparison.Ordinal);
    }

    private static (float[] Outputs, float[] Free, float[] Action) Draw(ActionHead head, RandomStream random, double spread = 1)
    {
        float[] outputs = new float[head.Outputs], free = new float[head.FreeParameters], action = new float[head.ActionSize];
        foreach (ref var output in outputs.AsSpan()) { output = (float)(spread * random.NextGaussian()); }
        foreach (ref var value in free.AsSpan()) { value = (float)random.NextUniform(-1, 0.5); }
        head.Act(outputs, free, random, action);
        return (outputs, free, action);
    }
}
