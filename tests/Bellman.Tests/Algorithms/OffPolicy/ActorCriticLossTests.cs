using Bellman.Algorithms;
using Bellman.Neural;
using Xunit;

namespace Bellman.Tests.Algorithms.OffPolicy;

/// <summary>The reference numbers F17 to F21 and the slopes of every term.</summary>
public sealed class ActorCriticLossTests
{
    [Fact]
    public void F17_Soft_targets_actor_and_temperature()
    {
        Assert.Equal(2.920600, ActorCriticLoss.Target(1, 0.99, SacLoss.SoftValue(Math.Min(2, 1.8), 0.2, -0.7)), 1e-6);
        Assert.Equal(-1.94, SacLoss.Actor(1.8, 0.2, -0.7), 1e-6);
        var targetEntropy = SacLoss.DefaultTargetEntropy(2);
        var (loss, derivative) = SacLoss.Temperature(Math.Log(0.2), -0.7, targetEntropy);
        Assert.Equal(-4.345482, loss, 1e-6);
        // The other form in use, -α (log π + H̄), is α times this slope.
        Assert.Equal(0.54, 0.2 * derivative, 1e-6);
    }

    [Fact]
    public void F18_Discrete_soft_value_and_target_entropy()
    {
        Assert.Equal(1.260364, SacLoss.DiscreteValue(Logs(0.7, 0.2, 0.1), [1, 2, 0], 0.2), 1e-6);
        Assert.Equal(1.076640, SacLoss.DefaultDiscreteTargetEntropy(3), 1e-6);
    }

    [Fact]
    public void F19_Smoothed_target_actions_and_twin_minimum()
    {
        double[] actions = [0.9, -0.7, 0.1], noise = [0.15, -0.8, 0.3], expected = [1, -1, 0.4];
        for (var i = 0; i < 3; i++) { Assert.Equal(expected[i], ActorCriticLoss.Smoothed(actions[i], noise[i], 0.5), 1e-12); }
        Assert.Equal(2.183, ActorCriticLoss.Target(0.5, 0.99, Math.Min(2, 1.7)), 1e-6);
    }

    [Fact]
    public void F20_Targets_follow_by_a_share()
    {
        var layout = new[] { new ParameterInfo("x", 0, [1]) };
        ParameterBuffer online = new(layout), target = new(layout);
        (online.Values[0], target.Values[0]) = (1, 0.5f);
        target.MoveTowards(online, 0.005f);
        Assert.Equal(0.5025, target.Values[0], 1e-6);
    }

    [Fact]
    public void F21_A_step_of_drifting_noise() => Assert.Equal(0.519250, ActionNoise.Walk(0.5, 0.15, 0.2, 0.01, 1), 1e-6);

    [Fact]
    public void Derivatives_are_the_slopes()
    {
        const double h = 1e-5;
        Assert.Equal((ActorCriticLoss.Critic(1.3 + h, 0.4).Loss - ActorCriticLoss.Critic(1.3 - h, 0.4).Loss) / (2 * h), ActorCriticLoss.Critic(1.3, 0.4).Derivative, 1e-8);
        Assert.Equal((SacLoss.Temperature(-1 + h, -0.7, -2).Loss - SacLoss.Temperature(-1 - h, -0.7, -2).Loss) / (2 * h), SacLoss.Temperature(-1, -0.7, -2).Derivative, 1e-8);
    }

    [Fact]
    public void Discrete_actor_gradient_is_the_slope_in_the_logits()
    {
        float[] logits = [0.3f, -0.9f, 1.1f], values = [1, 2.5f, -0.4f], gradients = new float[3], logProbabilities = new float[3];
        Categorical.LogSoftmax(logits, logProbabilities);
        var loss = SacLoss.DiscreteActor(logProbabilities, values, 0.3, 0.5, gradients);
        Assert.Equal(Loss(logits.Select(x => (double)x)), loss, 1e-6);
        for (var k = 0; k < 3; k++)
        {
            var (up, down) = (logits.Select((x, i) => i == k ? x + 1e-5 : x), logits.Select((x, i) => i == k ? x - 1e-5 : x));
            Assert.Equal(0.5 * (Loss(up) - Loss(down)) / 2e-5, gradients[k], 1e-6);
        }

        double Loss(IEnumerable<double> logits)
        {
            var weights = logits.Select(Math.Exp).ToArray();
            var sum = weights.Sum();
            return weights.Select((weight, a) => weight / sum * (0.3 * Math.Log(weight / sum) - values[a])).Sum();
        }
    }

    [Fact]
    public void Masked_discrete_actions_add_nothing()
    {
        float[] gradients = new float[3], logProbabilities = new float[3];
        Categorical.LogSoftmax([0.2f, Categorical.MaskedLogit, 0.2f], logProbabilities);
        Assert.Equal(1.5 + 0.2 * Math.Log(2), SacLoss.DiscreteValue(logProbabilities, [1, 1000, 2], 0.2), 1e-5);
        SacLoss.DiscreteActor(logProbabilities, [1, 1000, 2], 0.2, 1, gradients);
        Assert.Equal(0, gradients[1]);
    }

    private static float[] Logs(params double[] probabilities) => [.. probabilities.Select(p => (float)Math.Log(p))];
}
