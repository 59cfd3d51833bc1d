using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Neural;
using Xunit;

namespace Bellman.Tests.Algorithms;

/// <summary>Policy and value networks: apart or on a shared trunk, with memory or without.</summary>
public sealed class ActorCriticTests
{
    private const int Copies = 4;

    /// <summary>Fails when one head's gradient does not reach the shared trunk, or a sequence's memory is mixed up.</summary>
    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(false, RecurrentCell.Lstm)]
    [InlineData(true, RecurrentCell.Lstm)]
    [InlineData(true, RecurrentCell.Gru)]
    public void Gradients_of_a_mini_batch_are_slopes(bool shared, RecurrentCell? cell)
    {
        using var task = new Collected(shared, cell);
        var (batch, model) = (task.Batch, task.Model);
        var random = RandomStream.Create(5);
        float[] byOutput = Draw(batch.Outputs.Length), byValue = Draw(batch.Values.Length);
        model.ForwardTraining(batch);
        byOutput.CopyTo(batch.OutputGradients);
        byValue.CopyTo(batch.ValueGradients);
        model.Parameters.ClearGradients();
        model.Backward(batch);
        var analytic = model.Parameters.Gradients.ToArray();
        var values = model.Parameters.Values;
        for (var i = 0; i < values.Length; i += 1 + values.Length / 150)
        {
            var at = values[i];
            values[i] = at + 1e-2f;
            var above = Objective();
            values[i] = at - 1e-2f;
            var below = Objective();
            values[i] = at;
            Assert.Equal((above - below) / 2e-2, analytic[i], 2e-2 * (1 + Math.Abs(analytic[i])));
        }

        double Objective()
        {
            model.ForwardTraining(batch);
            return batch.Outputs.ToArray().Zip(byOutput, (a, b) => (double)a * b).Sum() + batch.Values.ToArray().Zip(byValue, (a, b) => (double)a * b).Sum();
        }

        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)random.NextGaussian() / 4)];
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Advantages_need_the_values_of_what_followed_and_so_does_memory(bool shared)
    {
        using var task = new Collected(shared, RecurrentCell.Gru);
        var (rollout, model) = (task.Collector.Rollout, task.Model);
        // The slow obvious version: play every copy's observations again from the beginning of the rollout.
        for (var copy = 0; copy < Copies; copy++)
        {
            var memory = new PolicyMemory(1, model.MemorySizes);
            memory.Gather(task.Collector.InitialMemory, [copy]);
            var (outputs, value) = (new float[model.Head.Outputs], new float[1]);
            for (var t = 0; t <= rollout.Steps; t++)
            {
                var row = t * Copies + copy;
                if (t > 0) { memory.Forget([rollout.Done[row - Copies]]); }
                model.Step(rollout.Observations.AsSpan(row * 2, 2), 1, memory, outputs, value);
                Assert.Equal(value[0], rollout.Values[row], 1e-5);
                if (t > 0 && !rollout.Done[row - Copies]) { Assert.Equal(value[0], rollout.NextValues[row - Copies], 1e-5); }
            }
        }
        Assert.Contains(true, rollout.Done);
    }

    [Fact]
    public void Sequences_stay_whole_when_they_are_shuffled()
    {
        var order = new MinibatchOrder(steps: 3, copies: 4, minibatches: 2, sequences: true);
        order.Reset();
        order.Shuffle(RandomStream.Create(1));
        var copies = new List<int>();
        for (var part = 0; part < order.Count; part++)
        {
            var rows = order[part].ToArray();
            Assert.Equal(6, rows.Length);
            for (var t = 0; t < 3; t++) { Assert.Equal(rows[..2].Select(copy => copy + 4 * t), rows[(2 * t)..(2 * t + 2)]); }
            copies.AddRange(rows[..2]);
        }
        Assert.Equal([0, 1, 2, 3], copies.Order());
    }

    /// <summary>A model and a mini-batch of all that it collected in its third rollout: episodes begin within it and go on into it.</summary>
    private sealed class Collected : IDisposable
    {
        public Collected(bool shared, RecurrentCell? cell)
        {
            var environment = StandardEnvironments.Registry().MakeVector("CartPoleNoVelocity-v1", Copies);
            var options = new PpoOptions { Hidden = [6], Recurrent = cell, RecurrentSize = 5, SharedTrunk = shared };
            Model = ActorCritic.Create(environment.ObservationSpace, environment.ActionSpace, options, RandomStream.Create(1));
            var encoder = new ObservationEncoder(environment.ObservationSpace, normalize: false);
            Collector = new RolloutCollector(environment, encoder, Model, RandomStream.Create(2), 1);
            for (var i = 0; i < 3; i++) { Collector.Collect(25, new MetricRecorder()); }
            Collector.EstimateAdvantages(0.9, 0.8);
            Batch = new Minibatch(Model, encoder.Size, Copies);
            var order = new MinibatchOrder(25, Copies, 1, Model.IsRecurrent);
            order.Reset();
            Batch.Gather(Collector.Rollout, Collector.InitialMemory, order[0]);
        }

        public ActorCritic Model { get; }

        public RolloutCollector Collector { get; }

        public Minibatch Batch { get; }

        public void Dispose()
        {
            Collector.Dispose();
            Model.Dispose();
        }
    }
}
