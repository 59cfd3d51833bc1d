using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Neural;
using Bellman.Runs;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Bellman.Tests.Algorithms.WorldModels;

/// <summary>The recurrent state-space model and the agent that learns in its imagination.</summary>
[Collection("torch alone")]
public sealed class DreamerTests
{
    private static readonly EnvironmentRegistry Environments = StandardEnvironments.Registry();

    private static readonly DreamerOptions Tiny = new()
    {
        Deterministic = 12,
        Stochastic = 3,
        Hidden = 10,
        EncoderHidden = [9],
        Embedding = 8,
        Filters = 2,
        BatchSize = 4,
        SequenceLength = 6,
        Horizon = 4,
        LearningStarts = 40,
        BufferSize = 500,
    };

    [Fact]
    public void Unit_in_torch_is_the_unit_of_our_kernels()
    {
        const int Rows = 5;
        var part = new RecurrentPart("gru", RecurrentCell.Gru, 7, 6);
        using var kernels = NetworkGroup.Create(RandomStream.Create(3), new NetworkOptions(), part);
        using var turn = TorchTurn.Take();
        using var parameters = TensorParameters.Create(RandomStream.Create(3), [part]);
        Assert.Equal(kernels.Parameters.Values, parameters.Buffer.Values);
        var (inputs, memory, outputs) = (new float[Rows * 7], new float[Rows * 6], new float[Rows * 6]);
        RandomStream.Create(4).NextGaussians(inputs);
        RandomStream.Create(5).NextGaussians(memory);
        using var scope = NewDisposeScope();
        var unit = new TensorGru(parameters, part);
        var expected = unit.Step(unit.Inputs(tensor(inputs, Rows, 7)), tensor(memory, Rows, 6)).data<float>().ToArray();
        ((IRecurrentNetwork)kernels["gru"]).Step(inputs, Rows, memory, outputs);
        Assert.Equal(expected, outputs, (a, b) => Math.Abs(a - b) < 1e-5);
    }

    /// <summary>All steps at once and step by step are one model where the posterior reads the observation alone.</summary>
    [Fact]
    public void States_of_a_sequence_are_those_of_its_steps()
    {
        var options = Tiny with { ActionFreePosterior = true };
        using var turn = TorchTurn.Take();
        using var parameters = TensorParameters.Create(RandomStream.Create(1), [.. LatentDynamics.Parts(2, options)]);
        using var scope = NewDisposeScope();
        var dynamics = new LatentDynamics(parameters, 2, options);
        Tensor Draw(string name, params long[] shape) => TensorParameters.Noise(RandomStream.Create(2, name), shape);
        var (embeddings, actions, noise) = (Draw("e", 3, 5, 8), Draw("a", 3, 5, 2), Draw("n", 3, 5, 3));
        var keep = ones(3, 5, 1);
        keep[.., 0] = tensor(0f);
        // One row begins another episode at step 3.
        keep[1, 3] = tensor(0f);
        var (_, posterior, together) = dynamics.Observe(embeddings, actions, keep, noise);
        var state = dynamics.Start(3);
        for (var t = 0; t < 5; t++)
        {
            var kept = keep.select(1, t);
            state = dynamics.See(new LatentState(state.Deterministic * kept, state.Stochastic * kept), actions.select(1, t) * kept, embeddings.select(1, t), noise.select(1, t));
            Assert.True((together.Deterministic.select(1, t) - state.Deterministic).abs().max().ToSingle() < 1e-5);
            Assert.True((together.Stochastic.select(1, t) - state.Stochastic).abs().max().ToSingle() < 1e-5);
        }
        // Actions do not reach what is seen, and reach what is expected.
        var (otherPrior, otherPosterior, _) = dynamics.Observe(embeddings, actions + 1, keep, noise);
        Assert.Equal(0, (otherPosterior.Mean - posterior.Mean).abs().max().ToSingle());
        Assert.True((otherPrior.Mean - dynamics.Observe(embeddings, actions, keep, noise).Prior.Mean).abs().max().ToSingle() > 1e-3);
    }

    [Fact]
    public void Posterior_that_reads_the_state_sees_actions_and_the_past_is_forgotten_where_an_episode_begins()
    {
        using var turn = TorchTurn.Take();
        using var parameters = TensorParameters.Create(RandomStream.Create(1), [.. LatentDynamics.Parts(2, Tiny)]);
        using var scope = NewDisposeScope();
        var dynamics = new LatentDynamics(parameters, 2, Tiny);
        var embeddings = TensorParameters.Noise(RandomStream.Create(2, "e"), 1, 4, 8);
        var actions = TensorParameters.Noise(RandomStream.Create(2, "a"), 1, 4, 2);
        var noise = zeros(1, 4, 3);
        var keep = ones(1, 4, 1);
        keep[0, 0] = tensor(0f);
        keep[0, 2] = tensor(0f);
        var changed = actions.clone();
        changed[0, 1] += 1;
        var first = dynamics.Observe(embeddings, actions, keep, noise).Posterior.Mean;
        var second = dynamics.Observe(embeddings, changed, keep, noise).Posterior.Mean;
        var difference = (first - second).abs().amax([0, 2]).data<float>().ToArray();
        Assert.Equal(0, difference[0]);
        Assert.True(difference[1] > 1e-3);
        Assert.Equal(0, difference[2]);
        Assert.Equal(0, difference[3]);
    }

    [Fact]
    public void Windows_do_not_cross_the_end_of_what_is_stored()
    {
        var replay = new SequenceReplay(2 * 7, 2, 1, 1);
        for (var copy = 0; copy < 2; copy++)
        {
            replay.Begin(copy, [100 * copy]);
            for (var step = 1; step <= 9; step++) { replay.Add(copy, [100 * copy + step], [0.5f], step, step == 9, -1); }
        }
        var batch = new SequenceBatch(50, 4, 1, 1);
        replay.Sample(batch, RandomStream.Create(1));
        for (var row = 0; row < batch.Size; row++)
        {
            var first = batch.Observations[row * 4];
            // Seven of ten steps are left, in order: from 3 to 9.
            Assert.InRange(first % 100, 3, 6);
            for (var t = 0; t < 4; t++)
            {
                Assert.Equal(first + t, batch.Observations[row * 4 + t]);
                Assert.Equal(first % 100 + t, batch.Rewards[row * 4 + t]);
                Assert.Equal(batch.Rewards[row * 4 + t] == 9 ? 1 : 0, batch.Terminated[row * 4 + t]);
            }
        }
    }

    /// <summary>Fails when a network, an optimiser, a stream, replay or the acting memory is left out of Exchange.</summary>
    [Theory, InlineData("DotCentre-v0", ObservationObjective.Reconstruction), InlineData("DotReach-v0?side=12", ObservationObjective.Reconstruction), InlineData("DotReach-v0?side=12", ObservationObjective.Contrast)]
    public void A_restored_agent_goes_on_to_the_same_bytes(string environment, ObservationObjective objective) =>
        ResumedAgent.GoesOnToTheSameBytes(seed => new Dreamer(Environments.MakeVector(environment, 2), Tiny with { Objective = objective }, seed), steps: 120, otherSteps: 50, advances: 15);

    /// <summary>Anything at random costs 0.8, the untrained mode 0.24. With klWeight 0.1, which leaves the mark out of the latent, it misses by far (-1.06); it fails too when imagined states are detached.</summary>
    [Fact]
    public void Actions_follow_what_is_seen()
    {
        using var log = new MetricLog();
        using var agent = new Dreamer(new SynchronousVectorEnvironment(() => new FollowTheMark(), 1), new DreamerOptions
        {
            Deterministic = 16,
            Stochastic = 3,
            Hidden = 32,
            EncoderHidden = [16],
            Embedding = 8,
            KlWeight = 0.02,
            FreeNats = 0,
            BatchSize = 16,
            SequenceLength = 6,
            Horizon = 1,
            HeadLayers = 1,
            LearningStarts = 200,
            BufferSize = 2_000,
            TrainEvery = 2,
            ModelLearningRate = 5e-3,
            ActorLearningRate = 5e-3,
            ValueLearningRate = 5e-3,
        }, 3);
        while (agent.Steps < 1_200) { agent.Advance(log); }
        Assert.True(Evaluation.Run(agent.Policy, () => new FollowTheMark(), 200, 9, cancellation: TestContext.Current.CancellationToken).MeanReturn > -0.12);
    }

    [Fact]
    public void Too_small_a_replay_is_refused() =>
        Assert.Contains("too small for sequences of 50", Assert.Throws<UsageException>(() => new Dreamer(Environments.MakeVector("DotCentre-v0", 4), new DreamerOptions { BufferSize = 300 }, 1)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_slow_copy_needs_a_posterior_of_single_observations() =>
        Assert.Contains("actionFreePosterior=true", Assert.Throws<UsageException>(() =>
            new Dreamer(Environments.MakeVector("DotCentre-v0", 1), Tiny with { Objective = ObservationObjective.Contrast, TargetMomentum = 0.9 }, 1)).Message, StringComparison.Ordinal);
}
