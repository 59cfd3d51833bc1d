using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Neural;
using Bellman.Runs;
using Xunit;

namespace Bellman.Tests.Algorithms.ModelBased;

public sealed class GaussianEnsembleTests
{
    private static readonly NetworkOptions Network = new() { Engine = Engine.Simd };

    /// <summary>Bounds, decay and clamps included. Fails without the decay.</summary>
    [Fact]
    public void Gradients_are_the_slopes_of_the_loss()
    {
        var options = new EnsembleOptions { Hidden = [5, 4], Members = 2, Elites = 1, WeightDecay = 1_000 };
        using var ensemble = new GaussianEnsemble(3, 2, options, Network, RandomStream.Create(2));
        var random = RandomStream.Create(3);
        float[] rows = new float[4 * 3], targets = new float[4 * 2];
        random.NextGaussians(rows);
        random.NextGaussians(targets);
        double Loss() => ensemble.AddGradients(member => member == 0 ? [0, 1, 2, 2] : [3, 1], rows, targets);
        Loss();
        var buffers = ensemble.Parameters.Select(buffer => (buffer, Gradients: buffer.Gradients.ToArray())).ToList();
        Assert.Equal(3, buffers.Count);
        foreach (var (buffer, gradients) in buffers)
        {
            for (var k = 0; k < gradients.Length; k++)
            {
                const float h = 2e-3f;
                var value = buffer.Values[k];
                buffer.Values[k] = value + h;
                var up = Loss();
                buffer.Values[k] = value - h;
                var slope = (up - Loss()) / (2 * h);
                buffer.Values[k] = value;
                Assert.True(Math.Abs(slope - gradients[k]) < 1e-3 + 1e-2 * Math.Abs(slope), $"slope {slope}, gradient {gradients[k]} of {buffer.Parameters[0].Name}.. [{k}]");
            }
        }
    }

    /// <summary>Noise is where x₂ > 0 alone. Fails when training stops by squared error: variances are then not learned.</summary>
    [Fact]
    public void It_learns_means_and_where_noise_is_and_knows_its_best_members()
    {
        var options = new EnsembleOptions { Hidden = [32, 32], Members = 4, Elites = 2, BatchSize = 64, LearningRate = 3e-3, MaximumEpochs = 60 };
        using var ensemble = new GaussianEnsemble(2, 1, options, Network, RandomStream.Create(2));
        var random = RandomStream.Create(3);
        const int count = 1500;
        float[] rows = new float[count * 2], targets = new float[count];
        for (var i = 0; i < count; i++)
        {
            (rows[2 * i], rows[2 * i + 1]) = ((float)random.NextUniform(90, 110), (float)random.NextUniform(-1, 1));
            targets[i] = 0.1f * (rows[2 * i] - 100) + (rows[2 * i + 1] > 0 ? 0.1f : 0.005f) * (float)random.NextGaussian();
        }
        using var log = new MetricLog();
        ensemble.Fit(rows, targets, log);
        Assert.Equal(ensemble.Errors.Order().Take(2), ensemble.Elites.Select(elite => ensemble.Errors[elite]));
        float[] means = new float[2], logVariances = new float[2];
        ensemble.Predict(ensemble.Elites[0], [105, -0.6f, 95, 0.6f], 2, means, logVariances);
        Assert.InRange(means[0], 0.45f, 0.55f);
        Assert.InRange(means[1], -0.55f, -0.45f);
        Assert.InRange(MathF.Exp(logVariances[1] / 2), 0.07f, 0.15f);
        Assert.InRange(MathF.Exp(logVariances[0] / 2), 0.003f, 0.05f);
    }

    [Fact]
    public void True_dynamics_are_what_the_environment_does()
    {
        foreach (var id in new[] { "Pendulum-v1", "MountainCarContinuous-v0" })
        {
            var registry = StandardEnvironments.Registry();
            var environment = registry.Make(id);
            using var model = new TrueDynamics(registry.Make(id), id);
            var random = RandomStream.Create(4);
            var size = environment.ObservationSpace.Size;
            float[] before = new float[size], after = new float[size], next = new float[size], action = new float[1], reward = new float[1];
            var ended = new bool[1];
            environment.Reset(random, before);
            for (var step = 0; step < 150; step++)
            {
                var inner = 2 * random.NextSingle() - 1;
                action[0] = id.StartsWith('P') ? 2 * inner : inner;
                var result = environment.Step(action, random, after);
                model.Predict(before, [inner], 1, next, reward, ended, random);
                for (var k = 0; k < size; k++) { Assert.Equal(after[k], next[k], 1e-5f); }
                Assert.Equal(result.Reward, reward[0], 1e-4);
                Assert.Equal(result.Terminated, ended[0]);
                after.CopyTo(before, 0);
            }
        }
        var cartPole = StandardEnvironments.Registry().Make("CartPole-v1");
        Assert.Contains("does not show the whole state", Assert.Throws<UsageException>(() => new TrueDynamics(cartPole, "CartPole-v1")).Message, StringComparison.Ordinal);
    }

    /// <summary>Check 6 in rollouts: the cut after step k is no end. Fails when the last step is marked terminated.</summary>
    [Fact]
    public void Rollouts_drop_what_ended_and_bootstrap_from_their_last_step()
    {
        using var line = new Line();
        using var learner = new SacLearner(1, 1, new SacOptions { Hidden = [4], BatchSize = 4 }, RandomStream.Create(1));
        var rollouts = new ModelRollouts(line, new ObservationEncoder(new Box(-100, 100, 1), false), 1, 1);
        var seen = new List<(int Step, int Rows)>();
        rollouts.Observer = (in ImaginedStep step) => seen.Add((step.Step, step.Observations.Length));
        var into = new ReplayBuffer(20, 1, 1);
        var (reward, transitions) = rollouts.Run([0, 8, 3], 3, learner, into, RandomStream.Create(2));
        Assert.Equal([(1, 3), (2, 3), (3, 2)], seen);
        Assert.Equal(8, transitions);
        Assert.Equal([0, 8, 3, 1, 9, 4, 2, 5], into.Observations[..8]);
        Assert.Equal([1, 9, 4, 2, 10, 5, 3, 6], into.NextObservations[..8]);
        Assert.Equal([false, false, false, false, true, false, false, false], into.Terminated[..8]);
        Assert.Equal(7, reward, 1e-6);
        line.Breaks = true;
        var error = Assert.Throws<BellmanException>(() => rollouts.Run([1], 5, learner, into, RandomStream.Create(2)));
        Assert.Contains("not finite at step 3 of a rollout", error.Message, StringComparison.Ordinal);
    }

    /// <summary>One more each step; the task ends at 10.</summary>
    private sealed class Line : IDynamicsModel
    {
        public bool Breaks { get; set; }

        public void Predict(ReadOnlySpan<float> observations, ReadOnlySpan<float> actions, int count, Span<float> next, Span<float> rewards, Span<bool> terminated, RandomStream random)
        {
            for (var i = 0; i < count; i++)
            {
                (next[i], rewards[i], terminated[i]) = (observations[i] + 1, 7, observations[i] + 1 >= 10);
                if (Breaks && next[i] > 3) { next[i] = float.NaN; }
            }
        }

        public void Exchange(StateExchange state) { }

        public void Dispose() { }
    }
}
