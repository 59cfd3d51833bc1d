using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Runs;
using Xunit;

namespace Bellman.Tests.Algorithms.DrQ;

/// <summary>DrQ-v2: how pictures are read, what its critics do, and that it learns from them.</summary>
public sealed class DrqTests
{
    private static readonly EnvironmentRegistry Environments = StandardEnvironments.Registry();

    private static readonly DrqOptions Tiny = new()
    {
        Filters = 4,
        Strides = [2, 2],
        Features = 8,
        Hidden = [16, 16],
        BatchSize = 8,
        LearningStarts = 40,
        BufferSize = 200,
        Shift = 1,
        LearningRate = 1e-3,
    };

    /// <summary>Two frames of 3 x 3: channels side by side, brightness around zero.</summary>
    [Fact]
    public void Frames_become_channels()
    {
        var view = new PixelView(new Box(new float[18], [.. Enumerable.Repeat(1f, 18)], 2, 3, 3, 1), "test");
        var (from, to) = (new float[18], new float[18]);
        for (var i = 0; i < 18; i++) { from[i] = i / 20f; }
        view.Show(from, 1, to);
        Assert.Equal(from[0] - 0.5f, to[0]);
        Assert.Equal(from[9] - 0.5f, to[1]);
        Assert.Equal(from[4] - 0.5f, to[8]);
        Assert.Equal(from[13] - 0.5f, to[9]);
    }

    [Fact]
    public void Shifts_are_whole_pixels_in_every_direction_and_repeat_the_edge()
    {
        const int Side = 5;
        var view = new PixelView(new Box(new float[Side * Side], [.. Enumerable.Repeat(1f, Side * Side)], Side, Side, 1), "test");
        var from = new float[Side * Side];
        for (var i = 0; i < from.Length; i++) { from[i] = i / 100f; }
        var to = new float[200 * from.Length];
        view.Shift([.. Enumerable.Repeat(from, 200).SelectMany(picture => picture)], 200, 2, RandomStream.Create(1), to);
        var seen = new HashSet<(int, int)>();
        for (var row = 0; row < 200; row++)
        {
            var picture = to.AsSpan(row * from.Length, from.Length);
            var middle = (int)Math.Round((picture[2 * Side + 2] + 0.5f) * 100);
            var (down, right) = (middle / Side - 2, middle % Side - 2);
            seen.Add((down, right));
            for (var y = 0; y < Side; y++)
            {
                for (var x = 0; x < Side; x++)
                {
                    Assert.Equal(from[Math.Clamp(y + down, 0, Side - 1) * Side + Math.Clamp(x + right, 0, Side - 1)] - 0.5f, picture[y * Side + x]);
                }
            }
        }
        Assert.Equal(25, seen.Count);
    }

    [Fact]
    public void Gradients_of_critics_reach_features_and_actions_as_differences_say()
    {
        var options = Tiny with { BatchSize = 3, MaximumGradientNorm = 1e9, LearningRate = 1e-12 };
        using var critics = new PixelCritics(6, 2, options, RandomStream.Create(1));
        var (features, actions, targets) = (new float[18], new float[6], new float[] { 0.3f, -0.2f, 1 });
        RandomStream.Create(2).NextGaussians(features);
        RandomStream.Create(3).NextGaussians(actions);
        var replay = new ReplayBuffer(10, 1, 2);
        var batch = new ReplayBatch(replay, new ObservationEncoder(new Box(-1, 1, 1), false), 3);
        actions.CopyTo(batch.Actions, 0);
        Array.Fill(batch.Weights, 1);
        using var log = new LastLoss();
        var (byFeatures, scratch, byActions) = (new float[18], new float[18], new float[6]);
        critics.Fit(features, batch, targets, byFeatures, log);
        for (var i = 0; i < features.Length; i++)
        {
            var before = features[i];
            double Loss(float value) { features[i] = value; critics.Fit(features, batch, targets, scratch, log); features[i] = before; return log.Critic; }
            Assert.Equal((Loss(before + 5e-3f) - Loss(before - 5e-3f)) / 1e-2, byFeatures[i], 5e-3);
        }
        critics.DescentInActions(features, actions, byActions);
        for (var i = 0; i < actions.Length; i++)
        {
            var before = actions[i];
            double Loss(float value)
            {
                actions[i] = value;
                var minimum = critics.Minimum(features, actions);
                actions[i] = before;
                return -(minimum[0] + minimum[1] + minimum[2]) / 3.0;
            }
            Assert.Equal((Loss(before + 5e-3f) - Loss(before - 5e-3f)) / 1e-2, byActions[i], 5e-3);
        }
    }

    [Fact]
    public void Encoder_learns_from_critics_and_not_from_the_actor()
    {
        using var log = new MetricLog();
        using var environment = Environments.MakeVector("DotReach-v0?side=12&frames=2", 1);
        using var networks = new PixelActorCritic(new PixelView(environment.ObservationSpace, "test"), 2, Tiny, features => PixelActorCritic.PlainActor(features, 2, Tiny), RandomStream.Create(1));
        var replay = new ReplayBuffer(50, environment.ObservationSpace.Size, 2);
        environment.Reset(RandomStream.Create(2));
        for (var i = 0; i < 50; i++) { replay.Add(environment.Observations, [0.1f, -0.2f], 1, environment.Observations, terminated: false); }
        var batch = new ReplayBatch(replay, new ObservationEncoder(environment.ObservationSpace, false), Tiny.BatchSize);
        batch.Draw(new UniformSampler(), RandomStream.Create(3));
        float[] Encoder() => (float[])networks.Encoder.Parameters.Values.Clone();
        networks.Encode(batch);
        var (before, actor) = (Encoder(), (float[])networks.Actor.Parameters.Values.Clone());
        networks.FitActor(0.1, 1, log);
        Assert.Equal(before, Encoder());
        Assert.NotEqual(actor, networks.Actor.Parameters.Values);
        networks.FitCritics(batch, new float[Tiny.BatchSize], log);
        Assert.NotEqual(before, Encoder());
    }

    [Fact]
    public void Noise_shrinks_by_schedule()
    {
        using var learner = new DrqLearner(new PixelView(Environments.Make("DotReach-v0?side=12").ObservationSpace, "test"), 2, Tiny with { LearningStarts = 20, NoiseSteps = 100, NoiseStart = 1, NoiseEnd = 0.1 }, RandomStream.Create(1));
        Assert.Equal(0.82, learner.Deviation, 1e-12);
        var (pictures, actions) = (new float[12 * 12 * 3], new float[2]);
        for (var i = 0; i < 40; i++) { learner.Act(pictures, 1, actions, RandomStream.Create((ulong)i)); }
        Assert.Equal(0.46, learner.Deviation, 1e-12);
        for (var i = 0; i < 400; i++) { learner.Act(pictures, 1, actions, RandomStream.Create((ulong)i)); }
        Assert.Equal(0.1, learner.Deviation, 1e-12);
    }

    /// <summary>Fails when a network, a target, an optimiser, a stream or the noise's place is left out of Exchange.</summary>
    [Fact]
    public void A_restored_agent_goes_on_to_the_same_bytes() =>
        ResumedAgent.GoesOnToTheSameBytes(seed => new DrqV2(Environments.MakeVector("DotReach-v0?side=12&frames=2", 2), Tiny, seed), steps: 80, otherSteps: 60, advances: 20);

    /// <summary>A random answer costs 0.8, the best constant one 0.47.</summary>
    [Fact]
    public void Actions_follow_what_pictures_show()
    {
        using var log = new MetricLog();
        using var agent = new DrqV2(new SynchronousVectorEnvironment(() => new PointAtTheSpot(), 2), Tiny with
        {
            Filters = 8,
            Strides = [1],
            Features = 16,
            Hidden = [32, 32],
            BatchSize = 32,
            LearningStarts = 300,
            BufferSize = 2_000,
            Shift = 0,
            MultiStep = 1,
            NoiseStart = 0.5,
            NoiseSteps = 1_000,
            TrainEvery = 1,
            Tau = 0.05,
        }, 3);
        while (agent.Steps < 1_600) { agent.Advance(log); }
        Assert.True(Evaluation.Run(agent.Policy, () => new PointAtTheSpot(), 200, 9, cancellation: TestContext.Current.CancellationToken).MeanReturn > -0.1);
    }

    [Fact]
    public void Vectors_and_pictures_that_are_not_square_are_refused()
    {
        Assert.Contains("Use td3 or sac", Assert.Throws<UsageException>(() => new DrqV2(Environments.MakeVector("Pendulum-v1", 1), Tiny, 1)).Message, StringComparison.Ordinal);
        Assert.Contains("3 x 4", Assert.Throws<UsageException>(() => new PixelView(new Box(new float[12], [.. Enumerable.Repeat(1f, 12)], 3, 4, 1), "test")).Message, StringComparison.Ordinal);
    }

    /// <summary>One bright pixel of 6 x 6: point at it. One step an episode.</summary>
    private sealed class PointAtTheSpot : IEnvironment
    {
        private const int Side = 6;
        private int spot;

        public Space ObservationSpace { get; } = new Box(new float[Side * Side], [.. Enumerable.Repeat(1f, Side * Side)], Side, Side, 1);

        public Space ActionSpace { get; } = new Box(-1, 1, 2);

        public void Reset(RandomStream random, Span<float> observation)
        {
            spot = random.NextInt32(Side * Side);
            Show(observation);
        }

        public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
        {
            Show(observation);
            double x = action[0] - (2.0 * (spot % Side) / (Side - 1) - 1), y = action[1] - (2.0 * (spot / Side) / (Side - 1) - 1);
            return new StepResult(-(x * x + y * y) / 2, Terminated: true);
        }

        public void Exchange(StateExchange state) => state.Value(nameof(spot), ref spot);

        private void Show(Span<float> observation)
        {
            observation.Clear();
            observation[spot] = 1;
        }
    }

    private sealed class LastLoss : IMetricSink, IDisposable
    {
        public double Critic { get; private set; }

        public void Add(string name, double value)
        {
            if (name == "loss/critic") { Critic = value; }
        }

        public void Episode(double episodeReturn, int length) { }

        public void Dispose() { }
    }
}
