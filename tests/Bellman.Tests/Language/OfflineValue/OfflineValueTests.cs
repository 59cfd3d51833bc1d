using Bellman.Language;
using Xunit;
using static Bellman.Tests.Language.Numbers;
using static TorchSharp.torch;

namespace Bellman.Tests.Language;

/// <summary>The survey's numbers of off-policy value learning (C29 to C34).</summary>
public sealed class OfflineValueTests
{
    [Fact]
    public void C29_expectile() => Near(.020000, Value(ImplicitLanguageQ.ValueLoss(Row(.2, .5), Row(.4, .3))));

    [Fact]
    public void C30_q_loss() => Near(.099013, Value(ImplicitLanguageQ.QLoss(Row(.3, .6), Row(0, 1), Row(.5, 0), Row(0, 1))));

    [Fact]
    public void C31_conservative_term() =>
        Near(.841528, Value(ImplicitLanguageQ.ConservativeLoss(Table([.3, .1, -.2], [.6, 0, .2]), tensor(new long[] { 0, 0 }))));

    [Fact]
    public void C32_extracted_policy()
    {
        var logits = ImplicitLanguageQ.PolicyLogits(Row(1, .5, -.5), Row(.3, .1, -.2), Row(.2, .2, .2), 4);
        Near([.767619, .209201, .023180], logits.softmax(0));
        var clipped = ImplicitLanguageQ.PolicyLogits(Row(1, .5, -.5), Row(.3, .1, -.2), Row(.2, .2, .2), 4, clipAtZero: true);
        Assert.True(Value(clipped.softmax(0)[0]) < .767619);
    }

    [Fact]
    public void C33_step_verifier()
    {
        Near([.4, 1], VerifierQ.Targets(Row(0, 1), Row(.8, .9), tensor(new[] { false, true })));
        Near(.018500, Value(ImplicitLanguageQ.Expectile(Row(.2, -.1), .9)));
    }

    [Fact]
    public void C34_path_consistency()
    {
        Near([.061250], PathConsistency.Dro(Row(1), Row(.6), Row(.5), .1));
        Near(.477229, PathConsistency.OptimalValue([1, 0, 0, 0], .5));
        Near([Math.Pow(.1 * .5 - (1 - .477229), 2)], PathConsistency.OptimalAdvantage(Row(.5), Row(1), Row(.477229), .1));
    }

    [Fact]
    public void Oreo_holds_the_rest_of_the_path_against_the_rest_of_the_reward()
    {
        double[] ratios = [.2, .1, .3];
        var losses = PathConsistency.Oreo(Table([.5, .6, .7]), Table([1.0, 1, 1]), Table(ratios), Mask(ratios), .5);
        Near([Math.Pow(.5 - 1 + .5 * .6, 2), Math.Pow(.6 - 1 + .5 * .4, 2), Math.Pow(.7 - 1 + .5 * .3, 2)], losses);
    }

    [Fact]
    public void Turn_critics_bootstrap_and_the_actor_follows_the_smaller_advantage()
    {
        Near(.04, Value(TurnLevelCritic.QLoss(Row(.7), Row(.05), Row(.5), Row(0), .9)), .02);
        Near(Math.Pow(.5 - .4, 2), Value(TurnLevelCritic.ValueLoss(Row(.5), Row(.4))));
        Near(1.5 * (.3 - .1), Value(TurnLevelCritic.ActorLoss(Row(-1.5), Row(.4), Row(.3), Row(.1), Row(.2))));
    }

    [Fact]
    public void Targets_follow_by_Polyak_averages()
    {
        using var target = Row(1, 2);
        ImplicitLanguageQ.Polyak([Row(3, 2)], [target], .1);
        Near([1.2, 2], target);
    }
}
