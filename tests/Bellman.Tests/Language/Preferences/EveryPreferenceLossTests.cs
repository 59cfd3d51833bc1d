using Bellman.Language;
using Xunit;
using static Bellman.Tests.Language.Numbers;
using static TorchSharp.torch;

namespace Bellman.Tests.Language;

/// <summary>What holds for every loss over pairs: padding, gradients, and what must stay fixed.</summary>
public sealed class EveryPreferenceLossTests
{
    public static TheoryData<string> Keys => [.. ComponentRegistry.Keys<PreferenceLoss>()];

    private static readonly double[][] Chosen = [[-.2, -.5, -.3], [-.5, -.45, -.55, -.5], [-1.3, -.2]];
    private static readonly double[][] Rejected = [[-.7, -.9], [-.8, -.82, -.7], [-.1, -.6, -.4]];

    private static PreferenceBatch Batch(Tensor chosen, Tensor rejected, Tensor chosenReference, Tensor rejectedReference, int padding)
    {
        Tensor Widen(Tensor values, double fill) => padding == 0 ? values : cat([values, full([values.shape[0], padding], fill, values.dtype)], 1);
        Tensor Masked(double[][] rows) => padding == 0 ? Mask(rows) : cat([Mask(rows), zeros([rows.Length, padding], ScalarType.Bool)], 1);
        return new PreferenceBatch(
            new PreferenceSide(Widen(chosen, double.NaN), Masked(Chosen), Widen(chosenReference, double.NaN)),
            new PreferenceSide(Widen(rejected, double.NaN), Masked(Rejected), Widen(rejectedReference, double.NaN)))
        {
            ChosenScores = Row(1.2, .9, 2),
            RejectedScores = Row(.3, .4, -1),
            OtherMargins = Row(.1, -.2, .3),
            MismatchedLogRatios = Row(.1, .3, .05),
            ChosenDivergences = Widen(zeros_like(chosen) + .03, double.NaN),
            RejectedDivergences = Widen(zeros_like(rejected) + .05, double.NaN),
            ChosenCollisions = Widen(zeros_like(chosen) - .4, double.NaN),
            RejectedCollisions = Widen(zeros_like(rejected) - .3, double.NaN),
        };
    }

    private static (Tensor Chosen, Tensor Rejected, Tensor ChosenReference, Tensor RejectedReference) Inputs() =>
        (Table(Chosen).nan_to_num(0), Table(Rejected).nan_to_num(0),
            Table(Chosen).nan_to_num(0) + tensor(new[] { -.1, .05, .02, -.04 }), Table(Rejected).nan_to_num(0) + tensor(new[] { .07, -.03, .01 }));

    [Theory]
    [MemberData(nameof(Keys))]
    public void Padding_changes_no_bit(string key)
    {
        var (chosen, rejected, chosenReference, rejectedReference) = Inputs();
        double[] Losses(int padding) => Values(ComponentRegistry.Create<PreferenceLoss>(key).Losses(Batch(chosen, rejected, chosenReference, rejectedReference, padding)));
        var plain = Losses(0);
        Assert.Equal(3, plain.Length);
        Assert.All(plain, value => Assert.True(double.IsFinite(value)));
        Assert.Equal(plain, Losses(3));
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Gradient_is_that_of_the_loss_and_the_reference_has_none(string key)
    {
        var (chosen, rejected, chosenReference, rejectedReference) = Inputs();
        chosen.requires_grad_();
        rejected.requires_grad_();
        chosenReference.requires_grad_();
        rejectedReference.requires_grad_();
        // A loss with a running mean is made anew each time, so that every call sees its first batch.
        Tensor Loss(Tensor w, Tensor l) => ComponentRegistry.Create<PreferenceLoss>(key).Losses(Batch(w, l, chosenReference, rejectedReference, 0)).mean();
        Loss(chosen, rejected).backward();
        foreach (var reference in (Tensor[])[chosenReference, rejectedReference])
        {
            Assert.True(reference.grad is null || Values(reference.grad).All(value => value == 0));
        }
        // Weights and running means are constants of the step by definition: differences would move them.
        if (key is "pref.wpo" or "pref.bco") { return; }
        foreach (var (leaf, isChosen) in ((Tensor, bool)[])[(chosen, true), (rejected, false)])
        {
            var gradient = Values(leaf.grad ?? zeros_like(leaf));
            for (var i = 0; i < gradient.Length; i++)
            {
                const double h = 1e-6;
                var (up, down) = (leaf.detach().clone(), leaf.detach().clone());
                up.view(-1)[i] += h;
                down.view(-1)[i] -= h;
                var slope = isChosen
                    ? (Value(Loss(up, rejected)) - Value(Loss(down, rejected))) / (2 * h)
                    : (Value(Loss(chosen, up)) - Value(Loss(chosen, down))) / (2 * h);
                Near(slope, gradient[i], 1e-5 * Math.Max(1, Math.Abs(slope)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Missing_reference_is_refused_where_one_is_needed(string key)
    {
        var loss = ComponentRegistry.Create<PreferenceLoss>(key);
        var (chosen, rejected, _, _) = Inputs();
        var with = Batch(chosen, rejected, chosen, rejected, 0);
        var without = with with { Chosen = new PreferenceSide(chosen, Mask(Chosen)), Rejected = new PreferenceSide(rejected, Mask(Rejected)) };
        if (loss.NeedsReference) { Assert.Contains("reference", Assert.Throws<UsageException>(() => loss.Losses(without)).Message, StringComparison.Ordinal); }
        else { Assert.All(Values(loss.Losses(without)), value => Assert.True(double.IsFinite(value))); }
    }

    [Fact]
    public void Only_the_losses_that_the_survey_names_need_no_reference() => Assert.Equal(
        ["pref.cpo", "pref.orpo", "pref.pro", "pref.rrhf", "pref.simpo", "pref.slic"],
        ComponentRegistry.Keys<PreferenceLoss>().Where(key => !ComponentRegistry.Create<PreferenceLoss>(key).NeedsReference)
            .Concat(ComponentRegistry.Keys<RankingLoss>().Where(key => !ComponentRegistry.Create<RankingLoss>(key).NeedsReference)).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("pref.robust", "noise", "0.5")]
    [InlineData("pref.exo", "smoothing", "0")]
    [InlineData("pref.dpo", "beta", "0")]
    public void Values_without_meaning_are_refused(string key, string option, string value)
    {
        var error = Assert.Throws<UsageException>(() => ComponentRegistry.Create<PreferenceLoss>(key, [new(option, value)]));
        Assert.Contains(option, error.Message, StringComparison.Ordinal);
        Assert.Contains(value, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_key_is_answered_with_the_nearest() =>
        Assert.Contains("pref.simpo", Assert.Throws<UsageException>(() => ComponentRegistry.Create<PreferenceLoss>("pref.simp")).Message, StringComparison.Ordinal);
}
