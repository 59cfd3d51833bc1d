using Bellman.Language;
using Xunit;
using static Bellman.Tests.Language.Numbers;
using static TorchSharp.torch;

namespace Bellman.Tests.Language;

/// <summary>The survey's numbers of the preference family (C35 to C60, C65 to C70), in both precisions.</summary>
public sealed class PreferenceLossTests
{
    private static readonly double[][] Chosen = [[-.2, -.5, -.3], [-.5, -.5, -.5, -.5]];
    private static readonly double[][] ChosenReference = [[-.4, -.6, -.5], [-.45, -.45, -.45, -.45]];
    private static readonly double[][] Rejected = [[-.7, -.9], [-.8, -.8, -.8]];
    private static readonly double[][] RejectedReference = [[-.6, -.8], [-.7, -.7, -.7]];

    internal static PreferenceBatch Batch(ScalarType type = ScalarType.Float64) => new(
        new PreferenceSide(Table(type, Chosen), Mask(Chosen), Table(type, ChosenReference)),
        new PreferenceSide(Table(type, Rejected), Mask(Rejected), Table(type, RejectedReference)));

    [Fact]
    public void Log_ratios_of_the_fixture()
    {
        var batch = Batch();
        Near([.5, -.2], batch.Chosen.LogRatio);
        Near([-.2, -.3], batch.Rejected.LogRatio);
        Near([.7, .1], batch.Delta);
    }

    public static TheoryData<string, PreferenceLoss, double[]> Numbers => new()
    {
        { "C35", new DpoLoss(), [.658760, .688160] },
        { "C36", new ConservativeDpoLoss(), [.665760, .689160] },
        { "C37", new RobustDpoLoss(), [.650010, .686910] },
        { "C38", new IpoLoss(), [22.404444, 24.502500] },
        { "C38 sums", new IpoLoss { Average = false }, [18.49, 24.01] },
        { "C39", new HingeLoss { Beta = .1 }, [.93, .99] },
        { "C40", new SlicLoss(), [.50, .80] },
        { "C41", new SimpoLoss(), [.727036, .913015] },
        { "C46", new NcaLoss { Beta = .1 }, [1.369288, 1.383926] },
        { "C45 pair", new BcoPairLoss(), [1.351657, 1.381457] },
        { "C47", new ExoLoss(), [2.641024, 2.743976] },
        { "C48", new SppoLoss { Beta = .1 }, [43.29, 49.13] },
        { "C49 zero", new ApoZeroLoss(), [.982503, .997500] },
        { "C49 down", new ApoDownLoss(), [.995005, .992500] },
        { "C50", new AotLoss { Beta = .1 }, [.668460, .678260] },
        { "C50 unpaired", new AotUnpairedLoss { Beta = .1 }, [.688160, .658760] },
        { "C51", new SpinLoss(), [.658760, .688160] },
        { "C52", new DiscoPopLoss(), [.878265, .854149] },
        { "C53", new NormalizedDpoLoss { Beta = .1 }, [.679903, .690650] },
        { "C54 rdpo", new LengthRegularizedDpoLoss(), [.634946, .663597] },
        { "C54 dpop", new DpoPositiveLoss(), [.658760, .739159] },
        { "C55 JS", new DivergenceDpoLoss(), [.677075, .690340] },
        { "C55 forward", new DivergenceDpoLoss { Divergence = PreferenceDivergence.ForwardKl }, [.662876, .686745] },
    };

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Losses_of_two_pairs(string check, PreferenceLoss loss, double[] expected)
    {
        Assert.StartsWith("C", check, StringComparison.Ordinal);
        Near(expected, loss.Losses(Batch()));
        Near(expected, loss.Losses(Batch(ScalarType.Float32)), 1e-5 * Math.Max(1, expected.Max()));
    }

    [Fact]
    public void C35_gradient()
    {
        using var policy = Table(Chosen).requires_grad_();
        var batch = new PreferenceBatch(new PreferenceSide(policy, Mask(Chosen), Table(ChosenReference)), Batch().Rejected);
        new DpoLoss().Losses(batch)[0].backward();
        Near([-.048251, -.048251, -.048251, 0, 0, 0, 0, 0], (policy.grad ?? policy).flatten());
    }

    [Fact]
    public void C42_cpo() => Near(1.097044, Value(new CpoLoss().Losses(Batch()).mean()));

    [Fact]
    public void C43_orpo()
    {
        var batch = Batch();
        var ratio = OrpoLoss.LogOddsRatio(batch);
        Near([1.130703, .636134], ratio);
        Near([.279756, .424833], -nn.functional.logsigmoid(ratio));
        Near(.463801, Value(new OrpoLoss().Losses(batch).mean()));
    }

    [Fact]
    public void Log_of_one_minus_an_exponential_is_exact_on_both_sides_and_has_finite_gradients()
    {
        using var a = Row(-1e-6, -.5, -.7, -3, -40).requires_grad_();
        var result = OrpoLoss.LogOneMinusExp(a);
        Near([Math.Log(-Math.Exp(-1e-6) + 1), Math.Log(1 - Math.Exp(-.5)), Math.Log(1 - Math.Exp(-.7)), Math.Log(1 - Math.Exp(-3)), -Math.Exp(-40)], result, 1e-9);
        result.sum().backward();
        Assert.All(Values(a.grad ?? a), value => Assert.True(double.IsFinite(value)));
    }

    [Fact]
    public void C44_kto()
    {
        var batch = Batch() with { MismatchedLogRatios = Row(.02, .08) };
        var loss = new KtoLoss();
        var reference = KtoLoss.ReferencePoint(Row(.02, .08));
        Near(.05, Value(reference));
        Near([.488752, .506250], loss.Desirable(batch.Chosen.LogRatio, reference));
        Near([.493750, .491251], loss.Undesirable(batch.Rejected.LogRatio, reference));
        Near(.495001, Value(loss.Losses(batch).mean()));
        Near(0, Value(KtoLoss.ReferencePoint(Row(-1, -3))));
        Assert.Contains("two examples", Assert.Throws<UsageException>(() => loss.Losses(Batch())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void C45_bco()
    {
        var (chosen, rejected) = new BcoLoss().WithShift(Batch(), -.005);
        Near([.666025, .700675], chosen);
        Near([.685675, .680725], rejected);
        // The mean of beta h of the fixture is -.005, so the first batch has this very shift.
        Near(.5 * (.666025 + .685675), Value(new BcoLoss().Losses(Batch())[0]));
    }

    [Fact]
    public void C54_weights_by_length_imitation_and_offset()
    {
        Near(.663597, Value(new LengthDesensitizedDpoLoss().Losses(Batch())[0]));
        Near(1.090126, Value(new DpoNllLoss().Losses(Batch()).mean()));
        Near(.776456, Value(new OffsetDpoLoss().WithOffset(Batch(), Row(.2, .2)).mean()));
        var scored = Batch() with { ChosenScores = Row(Math.Exp(.2), 1), RejectedScores = Row(0, 0) };
        Near(.792359, Value(new OffsetDpoLoss().Losses(scored)[0]) + 0 * Value(scored.Delta.sum()), .05);
        Near(Value(new OffsetDpoLoss().WithOffset(scored, Row(.2, 0))[0]), Value(new OffsetDpoLoss().Losses(scored)[0]));
    }

    [Fact]
    public void C56_token_level()
    {
        var batch = Batch();
        Near(.662143, Value(new TokenDpo1Loss().WithDivergences(batch, Row(.05, 0), Row(.12, 0))[0]));
        Near(.660450, Value(new TokenDpo2Loss().WithDivergences(batch, Row(.05, 0), Row(.12, 0))[0]));
    }

    [Fact]
    public void C57_regression_on_feedback()
    {
        var batch = Batch();
        Near([.722500, .846400], new UnaLoss().Of(batch.Chosen.LogRatio, Row(.9, .9)));
        Near([.048400, .052900], new UnaLoss().Of(batch.Rejected.LogRatio, Row(.2, .2)));
        var scored = batch with { ChosenScores = Row(1, 1), RejectedScores = Row(0, 0) };
        Near([.864900, .980100], new RebelLoss().Losses(scored));
        Assert.Contains("score", Assert.Throws<UsageException>(() => new RebelLoss().Losses(batch)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void C58_first_differing_step()
    {
        var side = new PreferenceSide(Table([-.2, -.2]), Mask([0.0, 0]), Table([-.4, -.4]));
        var other = new PreferenceSide(Table([-.7]), Mask([0.0]), Table([-.5]));
        Near([.663597], new StepDpoLoss { Beta = .1 }.Losses(new PreferenceBatch(side, other)));
        // Steps end with 5: the first is shared, the second differs, the third comes after the difference.
        var (chosen, rejected) = StepDpoLoss.StepMasks([1, 5, 2, 3, 5, 4, 6], [1, 5, 2, 4, 5, 6], token => token == 5);
        Assert.Equal([false, false, true, true, true, false, false], chosen);
        Assert.Equal([false, false, true, true, true, false], rejected);
    }

    [Fact]
    public void C59_rankings()
    {
        var scores = Row(-1 / 3.0, -.8, -.5);
        Near(.166667, Value(RrhfLoss.Rank(scores, [1, 0, 2])));
        Near(1.559122, Value(PlackettLuce.Loss(Row(-.5, -1 / 3.0, -.8))));
        Near(1.740617, Value(PlackettLuce.Loss(Row(.05, .01, -.02))));
        double[][] responses = [[-.2, -.5, -.3], [-.7, -.9], [-.4, -.6]];
        var ranked = new RankedBatch(new PreferenceSide(Table(responses), Mask(responses)), [1, 0, 2]);
        Near(.166667 + 1, Value(new RrhfLoss().Loss(ranked)));
        Near(1.559122, Value(new ProLoss().Loss(ranked)));
    }

    [Fact]
    public void C60_several_objectives() =>
        Near(.566614, Value(new MultiObjectiveDpoLoss().Losses(Batch() with { OtherMargins = Row(.3 * -.4, 0) })[0]));

    [Fact]
    public void C68_and_C69_self_play()
    {
        Near([.555006, .296663, .148331], NashMirrorDescent.Mixture(Row(.7, .2, .1).log(), Row(.4, .4, .2).log(), .5).exp());
        Near(.642760, Value(new ExploratoryPreferenceLoss().Losses(Batch())[0]));
    }

    [Fact]
    public void C70_online_pairs_are_the_best_and_the_worst()
    {
        Assert.Equal((1, 0), OnlinePairs.BestAndWorst([.2, .9, .5]));
        Assert.Null(OnlinePairs.BestAndWorst([.5, .5]));
        Assert.Null(OnlinePairs.BestAndWorst([.5, double.NaN]));
    }

    [Fact]
    public void Soft_labels_mix_both_directions()
    {
        var batch = Batch() with { Strengths = Row(.8, .5) };
        Near([.8 * .658760 + .2 * .728760, .5 * (.688160 + .698160)], new DpoLoss().Losses(batch), 2e-6);
    }
}
