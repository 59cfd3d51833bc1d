using Bellman.Neural;
using Xunit;

namespace Bellman.Tests.Neural;

public class CategoricalTests
{
    [Fact]
    public void F59_Masked_actions_have_no_probability_and_add_nothing_to_entropy()
    {
        float[] logits = [1, 2, 5];
        Categorical.Mask(logits, [true, true, false]);
        Assert.Equal(0.268941f, MathF.Exp(Categorical.LogProbability(logits, 0)), 1e-6f);
        Assert.Equal(0.731059f, MathF.Exp(Categorical.LogProbability(logits, 1)), 1e-6f);
        Assert.Equal(0, MathF.Exp(Categorical.LogProbability(logits, 2)));
        Assert.Equal(0.582203f, Categorical.Entropy(logits), 1e-6f);
    }

    [Fact]
    public void A_masked_action_is_never_drawn_and_gets_no_gradient()
    {
        float[] logits = [1, 2, 5], gradient = new float[3], logProbabilities = new float[3];
        Categorical.Mask(logits, [true, true, false]);
        var random = RandomStream.Create(1);
        for (var i = 0; i < 1000; i++) { Assert.NotEqual(2, Categorical.Sample(logits, random)); }
        Categorical.LogSoftmax(logits, logProbabilities);
        Categorical.AddGradient(logProbabilities, 0, 1, 0.5f, gradient);
        Assert.Equal(0, gradient[2]);
        Assert.True(float.IsFinite(gradient[0]) && gradient[0] > 0);
    }

    [Fact]
    public void A_mask_that_leaves_no_action_is_refused_and_changes_nothing()
    {
        float[] logits = [1, 2];
        Assert.Contains("no action available", Assert.Throws<ArgumentException>(() => Categorical.Mask(logits, [false, false])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Categorical.Mask(logits, [true]));
        Assert.Equal(new float[] { 1, 2 }, logits);
    }

    [Fact]
    public void Draws_come_in_proportion_to_probability()
    {
        float[] logits = [MathF.Log(1), MathF.Log(2), MathF.Log(5)];
        var random = RandomStream.Create(2);
        var counts = new int[3];
        for (var i = 0; i < 80_000; i++) { counts[Categorical.Sample(logits, random)]++; }
        Assert.InRange(counts[0], 9_600, 10_400);
        Assert.InRange(counts[1], 19_500, 20_500);
    }

    [Theory, InlineData(3), InlineData(16), InlineData(17), InlineData(700)]
    public void Gradients_are_the_slopes_of_log_probability_and_entropy(int actions)
    {
        var logits = NeuralTestData.Gaussian(RandomStream.Create(3), actions);
        float[] logProbabilities = new float[actions], gradient = new float[actions];
        Categorical.LogSoftmax(logits, logProbabilities);
        Assert.Equal(1, logProbabilities.Sum(value => Math.Exp(value)), 1e-5);
        Categorical.AddGradient(logProbabilities, 1, 0.7f, -0.3f, gradient);
        for (var k = 0; k < Math.Min(actions, 5); k++)
        {
            Assert.Equal(Slope(k), gradient[k], 1e-5);
        }

        double Slope(int k) => (Objective(k, 1e-5) - Objective(k, -1e-5)) / 2e-5;

        double Objective(int k, double shift)
        {
            var shifted = logits.Select((logit, i) => logit + (i == k ? shift : 0)).ToArray();
            var normaliser = Math.Log(shifted.Sum(Math.Exp));
            return 0.7 * (shifted[1] - normaliser) + 0.3 * shifted.Sum(logit => Math.Exp(logit - normaliser) * (logit - normaliser));
        }
    }

    [Fact]
    public void Mode_takes_the_lowest_index_on_ties() => Assert.Equal(1, Categorical.Mode([1, 3, 3]));

    [Fact]
    public void Divergence_is_zero_from_itself_and_the_definition_otherwise()
    {
        float[] p = [MathF.Log(0.25f), MathF.Log(0.75f)], q = [MathF.Log(0.5f), MathF.Log(0.5f)];
        Assert.Equal(0, Categorical.KlDivergence(p, p), 1e-7);
        Assert.Equal(0.25 * Math.Log(0.5) + 0.75 * Math.Log(1.5), Categorical.KlDivergence(p, q), 1e-6);
    }

    [Fact]
    public void Large_logits_stay_finite()
    {
        Assert.Equal(0, Categorical.LogProbability([1e6f, 0], 0));
        Assert.Equal(-1e6f, Categorical.LogProbability([1e6f, 0], 1));
    }
}
