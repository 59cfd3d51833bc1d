using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Papers.InformationPrioritization;
using Bellman.Runs;
using Bellman.Tests.Algorithms;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Bellman.Tests.Papers.InformationPrioritization;

/// <summary>The specification's unit checks, in its order, and what is refused.</summary>
[Collection("torch alone")]
public sealed class InfoPowerTests
{
    private static readonly EnvironmentRegistry Environments = StandardEnvironments.Registry();

    [Fact]
    public void Reproduction_has_a_plan_for_every_size_and_says_what_the_full_one_lacks() => EnvironmentOfChoice.IsAskedFor(new InfoPowerReproduction(), "DotReach-v0");

    [Fact]
    public void Empowerment_is_the_inverse_models_density_less_the_policys()
    {
        using var turn = TorchTurn.Take();
        using var scope = NewDisposeScope();
        var density = InverseModel.GaussianLogDensity(tensor(new[] { 0.2, -0.4 }), zeros(2, ScalarType.Float64), full(2, Math.Log(0.5), ScalarType.Float64)).ToDouble();
        Assert.Equal(-0.851583, density, 1e-6);
        // Uniform on [-1, 1]^2: H = 2 ln 2
        Assert.Equal(1.386294, 2 * Math.Log(2), 1e-6);
        Assert.Equal(0.534712, density + 2 * Math.Log(2), 1e-6);
    }

    [Fact]
    public void Deviations_of_the_inverse_model_are_bounded()
    {
        using var turn = TorchTurn.Take();
        using var scope = NewDisposeScope();
        var certain = InverseModel.GaussianLogDensity(zeros(1), zeros(1), full(1, -50)).ToSingle();
        Assert.Equal(4 - 0.5 * Math.Log(2 * Math.PI), certain, 1e-5);
    }

    [Fact]
    public void Contrast_of_two_orthogonal_codes()
    {
        using var turn = TorchTurn.Take();
        using var scope = NewDisposeScope();
        var loss = ContrastiveTerm.Loss(ContrastiveTerm.Scores(eye(2), eye(2), eye(2))).ToSingle();
        Assert.Equal(0.313262, loss, 1e-6);
        Assert.Equal(0.379885, Math.Log(2) - loss, 1e-6);
        // However large the scores: the bound is at most ln 2, and nothing overflows.
        var sure = ContrastiveTerm.Loss(ContrastiveTerm.Scores(1000 * eye(2), eye(2), eye(2))).ToSingle();
        Assert.InRange(Math.Log(2) - sure, 0.693, Math.Log(2));
    }

    [Fact]
    public void Divergence_of_a_narrow_posterior_from_a_standard_prior()
    {
        using var turn = TorchTurn.Take();
        using var scope = NewDisposeScope();
        Assert.Equal(0.818147, new LatentGaussian(ones(1), full(1, 0.5)).Divergence(new LatentGaussian(zeros(1), ones(1))).ToSingle(), 1e-6);
    }

    [Theory, InlineData(0.6, 1.09), InlineData(20, 0)]
    public void Dual_ascent_moves_by_the_violation_and_is_clipped(double estimate, double expected)
    {
        var multiplier = new ConstraintMultiplier(target: 1.5, initial: 1, stepSize: 0.1, bound: 50);
        multiplier.Update(estimate);
        Assert.Equal(expected, multiplier.Value, 1e-12);
    }

    [Fact]
    public void Multiplier_says_when_a_constraint_asks_for_too_much()
    {
        var multiplier = new ConstraintMultiplier(target: 5, initial: 49, stepSize: 1, bound: 50);
        for (var i = 0; i < ConstraintMultiplier.Patience; i++)
        {
            Assert.False(multiplier.IsStuck);
            multiplier.Update(0);
        }
        Assert.True(multiplier.IsStuck);
        multiplier.Update(double.NaN);
        Assert.Equal(50, multiplier.Value);
        multiplier.Update(10);
        Assert.False(multiplier.IsStuck);
    }

    [Fact]
    public void Returns_mix_imagined_rewards_and_values()
    {
        using var turn = TorchTurn.Take();
        using var scope = NewDisposeScope();
        var column = (double[] values) => tensor(values).reshape(3, 1);
        var returns = LambdaReturn.Of(column([1, 0, 1]), column([0.5, 0.5, 2]), column([0.9, 0.9, 0.9]), 0.95);
        Assert.Equal([3.0886075, 2.4165, 2.8], returns.data<double>().ToArray(), (a, b) => Math.Abs(a - b) < 1e-9);
    }

    /// <summary>The full test of 300 updates is a gate of the reproduction; a posterior that reads the recurrent state reaches more than a nat within these.</summary>
    [Theory, InlineData(true), InlineData(false)]
    public void Empowerment_is_not_found_in_noise_unless_the_posterior_sees_actions(bool actionFree)
    {
        using var log = new MetricLog();
        using var task = new InfoVec(new InfoVecSetting(new InfoPowerOptions { Multiplier = 5, MultiplierStepSize = 0, InverseHidden = 64 }) { NoiseOnly = true, ActionFree = actionFree }, 100);
        for (var update = 0; update < 120; update++) { task.Update(log); }
        if (actionFree) { Assert.InRange(task.HeldOutBound(), -2, 0.05); } else { Assert.True(task.HeldOutBound() > 1, $"The leak told only {task.HeldOutBound()} nats."); }
    }

    [Fact]
    public void Shapes_of_a_batch_of_24_windows_of_10()
    {
        using var log = new MetricLog();
        var options = InfoVec.Options(new InfoVecSetting(new InfoPowerOptions()));
        using var turn = TorchTurn.Take();
        var term = new EmpowermentTerm(new InfoPowerOptions());
        using var model = new WorldModel(new Box(-1, 1, 16), 2, options, [new ContrastiveTerm(), term], RandomStream.Create(1));
        using var scope = NewDisposeScope();
        var batch = new SequenceBatch(24, 10, 16, 2);
        RandomStream.Create(2).NextGaussians(batch.Observations);
        var pass = model.Observe(batch);
        var z = pass.State.Stochastic.reshape(-1, 2);
        Assert.Equal([240, 240], ContrastiveTerm.Scores(z, eye(2), z).shape);
        Assert.Equal([24, 10], pass.Divergence.shape);
        var (density, pairs) = term.PairDensities(pass);
        Assert.Equal([24, 9], density.shape);
        Assert.Equal([24, 9], pairs.shape);
        Assert.Equal(24 * 9, pairs.sum().ToSingle());
        // Where an episode begins in the middle there is no pair.
        batch.Begins[4] = 1;
        Assert.Equal(24 * 9 - 1, term.PairDensities(model.Observe(batch)).Pairs.sum().ToSingle());
        Assert.True(model.Loss(pass, log).requires_grad);
    }

    /// <summary>One Adam moves everything: each of the four terms leaves a gradient where it should, and the inverse model's reaches the encoder.</summary>
    [Fact]
    public void Empowerment_has_gradients_in_the_encoder_and_none_in_the_prior()
    {
        using var log = new MetricLog();
        var options = InfoVec.Options(new InfoVecSetting(null)) with { KlWeight = 0 };
        using var turn = TorchTurn.Take();
        using var model = new WorldModel(new Box(-1, 1, 16), 2, options, [new EmpowermentTerm(new InfoPowerOptions())], RandomStream.Create(1));
        using var scope = NewDisposeScope();
        var batch = new SequenceBatch(24, 10, 16, 2);
        RandomStream.Create(2).NextGaussians(batch.Observations);
        model.Parameters.Differentiate(model.Loss(model.Observe(batch), log));
        double Gradient(string name)
        {
            var info = model.Parameters.Buffer.Find(name);
            return model.Parameters.Buffer.Gradients.AsSpan(info.Offset, info.Size).ToArray().Sum(value => Math.Abs((double)value));
        }
        Assert.True(Gradient("encoder.dense.0.weight") > 0);
        Assert.True(Gradient("inverse.0.weight") > 0);
        Assert.Equal(0, Gradient("dynamics.prior.0.weight"));
        Assert.Equal(0, Gradient("dynamics.gru.input.weight"));
    }

    [Fact]
    public void Agent_trains_with_all_terms_and_goes_on_to_the_same_bytes()
    {
        Dreamer Create(ulong seed) => InfoPower.Create(Environments.MakeVector("DotCentreDistracted-v0", 1), InfoPowerOptions.Dreamer with
        {
            Deterministic = 8,
            Stochastic = 2,
            Hidden = 8,
            EncoderHidden = [8],
            Embedding = 8,
            BatchSize = 4,
            SequenceLength = 5,
            Horizon = 3,
            LearningStarts = 40,
            BufferSize = 500,
        }, new InfoPowerOptions { InverseHidden = 8 }, seed, 200);
        ResumedAgent.GoesOnToTheSameBytes(Create, steps: 80, otherSteps: 45, advances: 25);
    }

    [Fact]
    public void Discrete_actions_are_refused() =>
        Assert.Contains("continuous actions from a Box", Assert.Throws<UsageException>(() =>
            InfoPower.Create(Environments.MakeVector("CartPole-v1", 1), InfoPowerOptions.Dreamer, new InfoPowerOptions(), 1, 100)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_posterior_that_sees_actions_is_refused() =>
        Assert.Contains("actionFreePosterior=true", Assert.Throws<UsageException>(() =>
            InfoPower.Create(Environments.MakeVector("DotCentre-v0", 1), new DreamerOptions(), new InfoPowerOptions(), 1, 100)).Message, StringComparison.Ordinal);

    [Fact]
    public void Pictures_of_another_size_are_refused()
    {
        var replay = new SequenceReplay(100, 1, 64, 2);
        replay.Begin(0, new float[64]);
        Assert.Contains("all pictures of a world model have one size", Assert.Throws<UsageException>(() => replay.Add(0, new float[49], new float[2], 0, false, 0)).Message, StringComparison.Ordinal);
        Assert.Equal(1, replay.Shortest);
    }

    [Fact]
    public void Numbers_that_are_not_finite_are_refused_and_change_nothing()
    {
        using var log = new MetricLog();
        using var turn = TorchTurn.Take();
        using var model = new WorldModel(new Box(-1, 1, 16), 2, InfoVec.Options(new InfoVecSetting(null)), [], RandomStream.Create(1));
        var batch = new SequenceBatch(3, 4, 16, 2);
        batch.Observations[(1 * 4 + 2) * 16 + 5] = float.NaN;
        var before = (float[])model.Parameters.Buffer.Values.Clone();
        Assert.Contains("observation of sequence 1, step 2 is NaN", Assert.Throws<UsageException>(() => model.Update(batch, log)).Message, StringComparison.Ordinal);
        Assert.Equal(before, model.Parameters.Buffer.Values);
    }

    [Fact]
    public void Sequences_of_one_step_are_refused() =>
        Assert.Contains("at least 2", Assert.Throws<UsageException>(() => new SequenceBatch(3, 1, 16, 2)).Message, StringComparison.Ordinal);

    [Theory, InlineData(0), InlineData(-1), InlineData(double.NaN)]
    public void A_bound_of_the_multiplier_that_is_not_positive_is_refused(double bound)
    {
        Assert.Contains("must be above 0", Assert.Throws<UsageException>(() => new ConstraintMultiplier(1, 0, 0.1, bound)).Message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => new EmpowermentTerm(new InfoPowerOptions { MaximumMultiplier = bound, Multiplier = 0 }));
    }

    [Fact]
    public void A_multiplier_above_its_bound_is_refused() =>
        Assert.Contains("above maximumMultiplier", Assert.Throws<UsageException>(() => new EmpowermentTerm(new InfoPowerOptions { Multiplier = 200 })).Message, StringComparison.Ordinal);
}
