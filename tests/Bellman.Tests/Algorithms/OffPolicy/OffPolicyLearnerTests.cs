using Bellman.Algorithms;
using Bellman.Neural;
using Bellman.Tests.Environments;
using Xunit;

namespace Bellman.Tests.Algorithms.OffPolicy;

/// <summary>Updates of the learners on a fixed batch: gradients, what they leave alone, agreement of the engines.</summary>
public sealed class OffPolicyLearnerTests
{
    private const int Observation = 3;
    private const int Action = 2;
    private const int Rows = 6;

    /// <summary>The whole critic loss, targets and noise included: fails when the targets' networks are differentiated or moved.</summary>
    [Theory, InlineData("sac"), InlineData("td3"), InlineData("ddpg"), InlineData("discrete-sac")]
    public void Critic_gradients_are_the_slopes_of_the_reported_loss(string algorithm) =>
        AssertSlopes(algorithm, "loss/critic", subject => subject.CriticParameters, (subject, batch, sink) => subject.UpdateCritics(batch, sink));

    /// <summary>Through the draw, the smaller critic and the squashing. Fails when the larger critic is followed, or when w log π is left out.</summary>
    [Theory, InlineData("sac"), InlineData("td3"), InlineData("ddpg"), InlineData("discrete-sac")]
    public void Actor_gradients_are_the_slopes_of_the_reported_loss(string algorithm) =>
        AssertSlopes(algorithm, "loss/actor", subject => subject.ActorParameters, (subject, batch, sink) => subject.UpdateActor(batch, sink));

    [Theory]
    [InlineData("sac", Engine.Simd), InlineData("sac", Engine.Torch), InlineData("td3", Engine.Simd), InlineData("td3", Engine.Torch)]
    [InlineData("discrete-sac", Engine.Simd), InlineData("discrete-sac", Engine.Torch)]
    public void The_actor_step_does_not_accumulate_gradients_in_the_critic(string algorithm, Engine engine)
    {
        using var subject = Subject.Create(algorithm, engine);
        var batch = Batch(algorithm);
        subject.UpdateCritics(batch, Silence.Instance);
        var before = subject.CriticParameters.Gradients.ToArray();
        var values = subject.CriticParameters.Values.ToArray();
        Assert.Contains(before, gradient => gradient != 0);
        subject.UpdateActor(batch, Silence.Instance);
        Assert.Equal(before, subject.CriticParameters.Gradients);
        Assert.Equal(values, subject.CriticParameters.Values);
    }

    [Theory, InlineData("sac"), InlineData("td3"), InlineData("ddpg"), InlineData("discrete-sac")]
    public void Both_engines_learn_the_same_within_rounding(string algorithm)
    {
        float[] Learned(Engine engine)
        {
            using var subject = Subject.Create(algorithm, engine);
            var batch = Batch(algorithm);
            for (var i = 0; i < 40; i++) { subject.Learner.Update(batch, Silence.Instance); }
            return [.. subject.ActorParameters.Values, .. subject.CriticParameters.Values];
        }
        var (simd, torch) = (Learned(Engine.Simd), Learned(Engine.Torch));
        using var fresh = Subject.Create(algorithm, Engine.Simd);
        Assert.Contains(simd.Zip((float[])[.. fresh.ActorParameters.Values, .. fresh.CriticParameters.Values]), pair => Math.Abs(pair.First - pair.Second) > 0.01f);
        for (var i = 0; i < simd.Length; i++) { Assert.Equal(torch[i], simd[i], 2e-4f); }
    }

    /// <summary>Row 2 terminated: what its environment showed next changes nothing, and any other row's does.</summary>
    [Theory, InlineData("sac"), InlineData("td3"), InlineData("ddpg"), InlineData("discrete-sac")]
    public void A_terminated_transition_does_not_bootstrap(string algorithm)
    {
        double Loss(int changedRow)
        {
            using var subject = Subject.Create(algorithm, Engine.Simd);
            var batch = Batch(algorithm);
            if (changedRow >= 0) { batch.NextObservations.AsSpan(changedRow * Observation, Observation).Fill(5); }
            var recorder = new Recorder("loss/critic");
            subject.UpdateCritics(batch, recorder);
            return recorder.Value;
        }
        Assert.Equal(Loss(-1), Loss(2));
        Assert.NotEqual(Loss(-1), Loss(3));
    }

    /// <summary>With PolicyDelay 3 the actor and all targets wait for every third update.</summary>
    [Fact]
    public void Td3_moves_its_actor_only_every_so_many_updates()
    {
        using var subject = Subject.Create("td3", Engine.Simd, delay: 3);
        var batch = Batch("td3");
        var moved = new List<bool>();
        for (var i = 0; i < 6; i++)
        {
            var before = subject.ActorParameters.Values.ToArray();
            subject.Learner.Update(batch, Silence.Instance);
            moved.Add(!before.SequenceEqual(subject.ActorParameters.Values));
        }
        Assert.Equal([false, false, true, false, false, true], moved);
    }

    /// <summary>A weight of 0 takes a transition out; the others' gradients stay what they were.</summary>
    [Fact]
    public void Importance_weights_scale_the_critics_loss()
    {
        float[] Gradients(params float[] weights)
        {
            using var subject = Subject.Create("sac", Engine.Simd);
            var batch = Batch("sac");
            weights.CopyTo(batch.Weights, 0);
            subject.UpdateCritics(batch, Silence.Instance);
            return subject.CriticParameters.Gradients.ToArray();
        }
        var (all, first, rest) = (Gradients(1, 1, 1, 1, 1, 1), Gradients(1, 0, 0, 0, 0, 0), Gradients(0, 1, 1, 1, 1, 1));
        for (var k = 0; k < all.Length; k++) { Assert.Equal(all[k], first[k] + rest[k], 1e-5f); }
    }

    /// <summary>Two critics that are wrong to opposite sides are wrong. Fails with the mean of the signed errors.</summary>
    [Theory, InlineData("sac"), InlineData("td3"), InlineData("discrete-sac")]
    public void Errors_that_samplers_hear_of_do_not_cancel_between_critics(string algorithm)
    {
        using var subject = Subject.Create(algorithm, Engine.Simd);
        var biases = subject.CriticParameters.Parameters.Where(parameter => parameter.Name.EndsWith(".1.bias", StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, biases.Length);
        subject.CriticParameters.Values.AsSpan(biases[0].Offset, biases[0].Size).Fill(100);
        subject.CriticParameters.Values.AsSpan(biases[1].Offset, biases[1].Size).Fill(-100);
        subject.UpdateCritics(Batch(algorithm), Silence.Instance);
        foreach (var error in subject.Learner.Errors) { Assert.InRange(error, 90, 110); }
    }

    /// <summary>Entropy below its target raises the temperature, entropy above lowers it; a fixed one stays.</summary>
    [Theory, InlineData(-5, true, 1), InlineData(5, true, -1), InlineData(5, false, 0)]
    public void Temperature_keeps_entropy_near_its_target(double entropy, bool automatic, int direction)
    {
        using var temperature = new Temperature(new SacOptions { Temperature = 0.2, AutomaticTemperature = automatic }, targetEntropy: -2, learningRate: 1e-2);
        Assert.Equal(0.2, temperature.Value, 1e-6);
        temperature.Update(-entropy, Silence.Instance);
        Assert.Equal(direction, Math.Sign(Math.Round(temperature.Value - 0.2, 6)));
    }

    private static void AssertSlopes(string algorithm, string loss, Func<Subject, ParameterBuffer> parameters, Action<Subject, ReplayBatch, Recorder> update)
    {
        using var subject = Subject.Create(algorithm, Engine.Simd);
        var batch = Batch(algorithm);
        // Off the initial point, where both critics and their targets would agree too much.
        for (var i = 0; i < 5; i++) { subject.Learner.Update(batch, Silence.Instance); }
        var start = MemoryState.Save(subject.Learner);
        update(subject, batch, new Recorder(loss));
        var gradients = parameters(subject).Gradients.ToArray();
        Assert.Contains(gradients, gradient => Math.Abs(gradient) > 1e-3);
        for (var k = 0; k < gradients.Length; k += 3)
        {
            double At(float by)
            {
                start.Load(subject.Learner);
                parameters(subject).Values[k] += by;
                var recorder = new Recorder(loss);
                update(subject, batch, recorder);
                return recorder.Value;
            }
            const float H = 4e-3f;
            var slope = (At(H) - At(-H)) / (2 * H);
            Assert.True(Math.Abs(slope - gradients[k]) < 1e-3 + 1e-2 * Math.Abs(slope), $"{parameters(subject).Parameters[^1].Name}.. [{k}]: slope {slope}, gradient {gradients[k]}");
        }
    }

    private static ReplayBatch Batch(string algorithm)
    {
        var discrete = algorithm == "discrete-sac";
        var replay = new ReplayBuffer(Rows, Observation, discrete ? 1 : Action);
        var random = RandomStream.Create(11);
        float[] state = new float[Observation], next = new float[Observation], action = new float[replay.ActionSize];
        for (var i = 0; i < Rows; i++)
        {
            random.NextGaussians(state);
            random.NextGaussians(next);
            for (var k = 0; k < action.Length; k++) { action[k] = discrete ? random.NextInt32(3) : (float)random.NextUniform(-1, 1); }
            replay.Add(state, action, (float)random.NextGaussian(), next, i == 2);
        }
        var batch = new ReplayBatch(replay, new ObservationEncoder(new Box(-10, 10, Observation), normalize: false), Rows);
        batch.Draw(new InOrder(), random);
        return batch;
    }

    /// <summary>A learner and the steps of its update apart.</summary>
    private sealed record Subject(
        IOffPolicyLearner Learner, ParameterBuffer CriticParameters, ParameterBuffer ActorParameters,
        Action<ReplayBatch, IMetricSink> UpdateCritics, Action<ReplayBatch, IMetricSink> UpdateActor) : IDisposable
    {
        public static Subject Create(string algorithm, Engine engine, int delay = 2)
        {
            var random = RandomStream.Create(5);
            switch (algorithm)
            {
                // Smooth activations: a central difference must not step over a kink.
                case "sac":
                    var sac = new SacLearner(Observation, Action, new SacOptions { Hidden = [7], Activation = Activation.Tanh, BatchSize = Rows, LearningRate = 1e-3, Engine = engine }, random);
                    return new Subject(sac, sac.Critics.Parameters, sac.ActorParameters, sac.UpdateCritics, sac.UpdateActor);
                case "discrete-sac":
                    var discrete = new DiscreteSacLearner(Observation, 3, new DiscreteSacOptions { Hidden = [7], Activation = Activation.Tanh, BatchSize = Rows, LearningRate = 1e-3, Engine = engine }, random);
                    return new Subject(discrete, discrete.CriticParameters, discrete.ActorParameters, discrete.UpdateCritics, discrete.UpdateActor);
                default:
                    var options = new Td3Options { Hidden = [7], Activation = Activation.Tanh, BatchSize = Rows, LearningRate = 1e-3, Engine = engine, PolicyDelay = delay };
                    var rules = algorithm == "td3" ? DeterministicRules.Td3(options) : DeterministicRules.Ddpg;
                    var td3 = new DeterministicLearner(Observation, Action, options, rules, random);
                    return new Subject(td3, td3.Critics.Parameters, td3.ActorParameters, td3.UpdateCritics, td3.UpdateActor);
            }
        }

        public void Dispose() => Learner.Dispose();
    }

    private sealed class InOrder : IReplaySampler
    {
        public void Added(int row) { }

        public void Sample(int count, RandomStream random, Span<int> rows, Span<float> weights)
        {
            for (var i = 0; i < rows.Length; i++) { rows[i] = i; }
            weights.Fill(1);
        }

        public void Update(ReadOnlySpan<int> rows, ReadOnlySpan<float> temporalDifferences) { }

        public void Exchange(StateExchange state) { }
    }

    private sealed class Recorder(string watched) : IMetricSink
    {
        public double Value { get; private set; } = double.NaN;

        public void Add(string name, double value) { if (name == watched) { Value = value; } }

        public void Episode(double episodeReturn, int length) { }
    }

    private sealed class Silence : IMetricSink
    {
        public static Silence Instance { get; } = new();

        public void Add(string name, double value) { }

        public void Episode(double episodeReturn, int length) { }
    }
}
