using Bellman.Neural;
using Xunit;

namespace Bellman.Tests.Neural;

/// <summary>The mixture layer, and the probe that looks for neurons that sleep.</summary>
public sealed class MixtureOfExpertsTests
{
    [Fact]
    public void Gate_takes_the_largest_and_shares_them_out()
    {
        float[] p = [2, 1, 0, -1];
        var entropy = MixtureGate.Softmax(p);
        var (chosen, weights) = (new int[2], new float[2]);
        MixtureGate.Largest(p, chosen, weights);
        Assert.Equal([0.643914f, 0.236883f, 0.087144f, 0.032059f], p, Near(1e-6f));
        Assert.Equal(0.947537, entropy, 1e-6);
        Assert.Equal([0, 1], chosen);
        Assert.Equal([0.731059f, 0.268941f], weights, Near(1e-6f));
        // Experts that answer (1, 0) and (0, 2).
        Assert.Equal([0.731059f, 0.537883f], [weights[0] * 1, weights[1] * 2], Near(1e-6f));
    }

    /// <summary>Experts are linear in effect: f_0 = (1, 0), f_1 = (0, 2) by their biases.</summary>
    [Fact]
    public void Layer_mixes_what_its_experts_answer_and_counts_who_was_asked()
    {
        var part = new MixtureOfExpertsPart("m", 2, Experts: 4, Active: 2, ExpertWidth: 3, GateWidth: 2);
        using var group = NetworkGroup.Create(RandomStream.Create(1), new NetworkOptions { Engine = Engine.Simd }, part);
        foreach (var parameter in group.Parameters.Parameters) { group.Parameters[parameter.Name].Clear(); }
        // gate: relu(I x), then logits 2, 1, 0, -1 for (1, 0) and 2, 0, 1, -1 for (0, 1)
        new float[] { 1, 0, 0, 1 }.CopyTo(group.Parameters["m.gate.hidden.0.weight"]);
        new float[] { 2, 2, 1, 0, 0, 1, -1, -1 }.CopyTo(group.Parameters["m.gate.logits.0.weight"]);
        group.Parameters["m.expert0.1.bias"][0] = 1;
        group.Parameters["m.expert1.1.bias"][1] = 2;
        group.Parameters["m.expert2.1.bias"][1] = 2;
        var outputs = new float[4];
        var mixture = (IMixtureOfExperts)group["m"];
        mixture.ForwardTraining([1, 0, 0, 1], 2, outputs);
        Assert.Equal([0.731059f, 0.537883f, 0.731059f, 0.537883f], outputs, Near(1e-5f));
        // Chosen: (0, 1) and (0, 2).
        Assert.Equal([1, 0.5, 0.5, 0], mixture.Load.ToArray());
        Assert.Equal(1.0 / 6, mixture.LoadVariance, 1e-12);
        Assert.Equal(0.947537, mixture.GateEntropy, 1e-6);
    }

    [Theory, InlineData(GateLoss.None, false), InlineData(GateLoss.Entropy, false), InlineData(GateLoss.Balance, true), InlineData(GateLoss.Entropy, true)]
    public void Gradients_are_those_of_differences(GateLoss loss, bool rectified)
    {
        const int Rows = 2;
        var part = new MixtureOfExpertsPart("m", 4, Experts: 5, Active: 2, ExpertWidth: 3, GateWidth: 6) { Loss = loss, LossWeight = 0.7, Rectified = rectified };
        using var group = NetworkGroup.Create(RandomStream.Create(7), new NetworkOptions { Engine = Engine.Simd }, part);
        var (inputs, direction, outputs, inputGradients) = (new float[Rows * 4], new float[Rows * 4], new float[Rows * 4], new float[Rows * 4]);
        RandomStream.Create(8).NextGaussians(inputs);
        RandomStream.Create(9).NextGaussians(direction);
        var network = (IMixtureOfExperts)group["m"];
        network.ForwardTraining(inputs, Rows, outputs);
        network.Backward(direction, Rows, inputGradients);
        double Loss()
        {
            network.ForwardTraining(inputs, Rows, outputs);
            return outputs.Zip(direction, (a, b) => (double)a * b).Sum() + network.AddedLoss;
        }
        void Check(Span<float> place, int index, float analytic)
        {
            const float Step = 2e-3f;
            var before = place[index];
            place[index] = before + Step;
            var above = Loss();
            place[index] = before - Step;
            var below = Loss();
            place[index] = before;
            Assert.Equal((above - below) / (2 * Step), analytic, 1e-2 * Math.Max(1, Math.Abs(analytic)));
        }
        var gradients = (float[])group.Parameters.Gradients.Clone();
        for (var i = 0; i < gradients.Length; i += 3) { Check(group.Parameters.Values, i, gradients[i]); }
        for (var i = 0; i < inputs.Length; i++) { Check(inputs, i, inputGradients[i]); }
        // Who is never asked does not learn: two rows ask at most four of five.
        Assert.Contains(0, network.Load.ToArray());
        for (var expert = 0; expert < 5; expert++)
        {
            if (network.Load[expert] > 0) { continue; }
            var bias = group.Parameters.Find($"m.expert{expert}.1.bias");
            Assert.All(gradients[bias.Offset..(bias.Offset + bias.Size)], value => Assert.Equal(0, value));
        }
    }

    [Fact]
    public void Dropout_is_for_training_while_noise_is_drawn()
    {
        var part = new MixtureOfExpertsPart("m", 4, Experts: 3, Active: 3, ExpertWidth: 3, GateWidth: 20) { Dropout = 0.5 };
        using var group = NetworkGroup.Create(RandomStream.Create(7), new NetworkOptions { Engine = Engine.Simd }, part);
        var network = (IMixtureOfExperts)group["m"];
        float[] inputs = [1, -1, 2, 0.5f];
        float[] Train() { var outputs = new float[4]; network.ForwardTraining(inputs, 1, outputs); return outputs; }
        float[] Evaluate() { var outputs = new float[4]; network.Forward(inputs, 1, outputs); return outputs; }
        var plain = Evaluate();
        Assert.Equal(plain, Train());
        network.DrawNoise(RandomStream.Create(3));
        Assert.NotEqual(plain, Train());
        Assert.Equal(plain, Evaluate());
        network.SilenceNoise();
        Assert.Equal(plain, Train());
    }

    [Theory, InlineData(5, 4), InlineData(0, 4)]
    public void More_experts_than_there_are_or_none_are_refused(int active, int experts) =>
        Assert.Contains($"lets {active} of {experts} experts", Assert.Throws<UsageException>(() =>
            NetworkGroup.Create(RandomStream.Create(1), new NetworkOptions(), new MixtureOfExpertsPart("m", 2, experts, active, 2, 2))).Message, StringComparison.Ordinal);

    [Fact]
    public void Neuron_is_dormant_below_a_share_of_its_layers_mean()
    {
        // Threshold 0.025 x 0.7575 = 0.0189375
        Assert.Equal(1, DormantNeurons.Count([1, 0.01, 2, 0.02], 0.025));
    }

    [Fact]
    public void Probe_counts_every_layer_gate_and_expert_before_the_activation()
    {
        var part = new ChainPart("net",
        [
            new MlpPart("net.in", new MlpSpecification(3, [], 4) { OutputNorm = true, OutputActivation = Activation.Tanh }),
            new MixtureOfExpertsPart("net.mixture", 4, Experts: 3, Active: 2, ExpertWidth: 5, GateWidth: 6) { Rectified = true },
            new MlpPart("net.out", new MlpSpecification(4, [], 2)),
        ]);
        using var group = NetworkGroup.Create(RandomStream.Create(2), new NetworkOptions { Engine = Engine.Simd }, part);
        var inputs = new float[7 * 3];
        RandomStream.Create(3).NextGaussians(inputs);
        var description = ((IDescribedNetwork)group["net"]).Describe();
        Assert.NotNull(description);
        // 4 + (6 + 3) + 3 (5 + 4) + 2 neurons
        Assert.Equal(0, new DormantNeurons().Ratio(description, inputs, 7));
        group.Parameters["net.in.0.weight"][..3].Clear();
        group.Parameters["net.mixture.expert1.0.weight"][..4].Clear();
        group.Parameters["net.mixture.gate.hidden.0.weight"][4..8].Clear();
        Assert.Equal(3.0 / 42, new DormantNeurons().Ratio(description, inputs, 7), 1e-12);
        // Answers that are always negative sleep behind ReLU, but answer.
        group.Parameters["net.mixture.expert1.0.bias"][0] = -3;
        Assert.Equal(2.0 / 42, new DormantNeurons().Ratio(description, inputs, 7), 1e-12);
    }

    /// <summary>What the probe passes on from layer to layer is what the network computes: the last layer's neurons sleep when and only when its outputs are tiny.</summary>
    [Fact]
    public void Probe_follows_the_networks_own_numbers()
    {
        var part = new ChainPart("net",
        [
            new MixtureOfExpertsPart("net.mixture", 4, Experts: 3, Active: 1, ExpertWidth: 5, GateWidth: 6),
            new MlpPart("net.out", new MlpSpecification(4, [], 2)),
        ]);
        using var group = NetworkGroup.Create(RandomStream.Create(2), new NetworkOptions { Engine = Engine.Simd }, part);
        var (inputs, outputs) = (new float[9 * 4], new float[9 * 2]);
        RandomStream.Create(3).NextGaussians(inputs);
        group["net"].Forward(inputs, 9, outputs);
        var answers = new double[2];
        for (var i = 0; i < outputs.Length; i++) { answers[i % 2] += Math.Abs(outputs[i]) / 9; }
        var (small, mean) = (answers.Min(), answers.Average());
        var description = ((IDescribedNetwork)group["net"]).Describe();
        Assert.NotNull(description);
        double Ratio(double threshold) => new DormantNeurons().Ratio(description, inputs, 9, threshold);
        var just = small / mean;
        // Raising the threshold past the smaller output's share takes exactly one neuron more from the last layer; others are counted away.
        Assert.Equal(1, DormantNeurons.Count(answers, just * 1.0001));
        Assert.Equal(0, DormantNeurons.Count(answers, just * 0.9999));
        Assert.True(Ratio(just * 1.0001) >= Ratio(just * 0.9999) + 1.0 / 50 - 1e-9 || Math.Abs(just - 1) < 1e-3);
    }

    private static Func<float, float, bool> Near(float tolerance) => (a, b) => Math.Abs(a - b) < tolerance;
}
