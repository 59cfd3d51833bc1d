using Bellman.Neural;

namespace Bellman.Papers.Mentor;

/// <summary>What a perturbation left of a network's skill.</summary>
/// <param name="Trained">Mean squared error before.</param>
/// <param name="TaskOriented">Mean over draws, towards the best snapshots.</param>
/// <param name="Random">Mean over draws, towards fresh weights.</param>
internal sealed record PerturbedSkill(double Trained, double TaskOriented, double Random);

/// <summary>
/// A regression in place of a policy: six numbers in, tanh(s W) out, learned by the mixture actor's network; the better a test error, the
/// higher a snapshot's score.
/// </summary>
internal sealed class SkillRegression : IDisposable
{
    private const int Inputs = 10;
    private const int Numbers = 6;
    private const int Outputs = 3;
    private const int Batch = 64;
    private const int Tests = 512;
    private const int ScoreEvery = 25;
    private const int Draws = 5;
    private const string Module = "skill";

    private readonly NetworkGroup networks;
    private readonly INetwork network;
    private readonly Adam optimizer;
    private readonly SnapshotSet snapshots;
    private readonly RandomStream data;
    private readonly RandomStream draws;
    private readonly double[] mapping = new double[Numbers * Outputs];
    private readonly float[] testInputs = new float[Tests * Inputs];
    private readonly float[] testTargets = new float[Tests * Outputs];
    private int steps;

    public SkillRegression(ulong seed)
    {
        var random = RandomStream.Create(seed, "skill");
        (data, draws) = (random.Child("data"), random.Child("draws"));
        networks = NetworkGroup.Create(random.Child("initialization"), new NetworkOptions { Engine = Engine.Simd }, new ChainPart(Module,
        [
            new MlpPart($"{Module}.hidden", new MlpSpecification(Inputs, [], 32) { OutputActivation = Activation.Relu }),
            new MixtureOfExpertsPart($"{Module}.mixture", 32, Experts: 8, Active: 2, ExpertWidth: 16, GateWidth: 16) { Rectified = true },
            new MlpPart($"{Module}.output", new MlpSpecification(32, [], Outputs) { OutputActivation = Activation.Tanh }),
        ]));
        network = networks[Module];
        optimizer = new Adam(networks.Parameters, new AdamOptions { LearningRate = 1e-3 });
        snapshots = new SnapshotSet(10, (Module, networks));
        foreach (ref var weight in mapping.AsSpan()) { weight = random.NextGaussian(); }
        Draw(testInputs, testTargets);
    }

    /// <summary>Trains up to a step.</summary>
    public void Train(int until)
    {
        var (inputs, targets, outputs) = (new float[Batch * Inputs], new float[Batch * Outputs], new float[Batch * Outputs]);
        while (steps < until)
        {
            Draw(inputs, targets);
            network.ForwardTraining(inputs, Batch, outputs);
            for (var i = 0; i < outputs.Length; i++) { outputs[i] = 2 * (outputs[i] - targets[i]) / outputs.Length; }
            networks.Parameters.ClearGradients();
            network.Backward(outputs, Batch, default);
            optimizer.Step();
            if (++steps % ScoreEvery == 0) { snapshots.Offer(-Error(network)); }
        }
    }

    /// <summary>Errors before and after perturbations of copies.</summary>
    /// <param name="kept">α.</param>
    public PerturbedSkill Perturb(double kept) =>
        new(Error(network), Mean(new TaskOrientedPerturbation(snapshots), kept), Mean(new RandomPerturbation(), kept));

    /// <inheritdoc/>
    public void Dispose() => networks.Dispose();

    private double Mean(IPerturbation perturbation, double kept)
    {
        var total = 0.0;
        for (var draw = 0; draw < Draws; draw++)
        {
            using var copy = networks.Copy();
            perturbation.Apply(Module, copy, kept, draws);
            total += Error(copy[Module]) / Draws;
        }
        return total;
    }

    private double Error(INetwork measured)
    {
        var outputs = new float[Tests * Outputs];
        measured.Forward(testInputs, Tests, outputs);
        var sum = 0.0;
        for (var i = 0; i < outputs.Length; i++) { sum += (outputs[i] - testTargets[i]) * (outputs[i] - testTargets[i]); }
        return sum / outputs.Length;
    }

    /// <summary>s ~ N(0, I), beside it zeros; tanh(s W).</summary>
    private void Draw(float[] inputs, float[] targets)
    {
        for (var row = 0; row < inputs.Length / Inputs; row++)
        {
            var s = inputs.AsSpan(row * Inputs, Numbers);
            data.NextGaussians(s);
            for (var k = 0; k < Outputs; k++)
            {
                var sum = 0.0;
                for (var i = 0; i < Numbers; i++) { sum += s[i] * mapping[i * Outputs + k]; }
                targets[row * Outputs + k] = (float)Math.Tanh(sum);
            }
        }
    }
}

/// <summary>
/// Four tasks at once, named by one-hot inputs: the second wants the opposite of the first, the fourth of the third. How much do their
/// gradients disagree in one network?
/// </summary>
internal static class TaskConflict
{
    private const int Numbers = 6;
    private const int Tasks = 4;
    private const int Outputs = 3;
    private const int Rows = 64;

    /// <summary>The mean cosine of the gradients of opposite tasks after training on all four, over the last hundred updates.</summary>
    /// <param name="mixture">Whether the hidden layer is a mixture of experts; otherwise one of as many parameters.</param>
    /// <param name="seed">Seed of every draw.</param>
    /// <param name="updates">Updates of training.</param>
    public static double Cosine(bool mixture, ulong seed, int updates)
    {
        var random = RandomStream.Create(seed, "conflict");
        const string Name = "policy";
        // 8 experts of 16 and a gate of 16: 9,408 parameters; two dense layers between 32 and 144 numbers have 9,392.
        NetworkPart middle = mixture
            ? new MixtureOfExpertsPart($"{Name}.middle", 32, Experts: 8, Active: 2, ExpertWidth: 16, GateWidth: 16) { Rectified = true }
            : new MlpPart($"{Name}.middle", new MlpSpecification(32, [144], 32) { Activation = Activation.Relu, OutputActivation = Activation.Relu });
        using var networks = NetworkGroup.Create(random.Child("initialization"), new NetworkOptions { Engine = Engine.Simd }, new ChainPart(Name,
        [
            new MlpPart($"{Name}.hidden", new MlpSpecification(Numbers + Tasks, [], 32) { OutputActivation = Activation.Relu }),
            middle,
            new MlpPart($"{Name}.output", new MlpSpecification(32, [], Outputs) { OutputActivation = Activation.Tanh }),
        ]));
        var optimizer = new Adam(networks.Parameters, new AdamOptions { LearningRate = 1e-3 });
        var mappings = new double[2 * Numbers * Outputs];
        foreach (ref var weight in mappings.AsSpan()) { weight = random.NextGaussian(); }
        var gradients = new float[Tasks][];
        var (total, count) = (0.0, 0);
        for (var update = 0; update < updates; update++)
        {
            for (var task = 0; task < Tasks; task++)
            {
                networks.Parameters.ClearGradients();
                Differentiate(networks[Name], task, mappings, random);
                gradients[task] = (float[])networks.Parameters.Gradients.Clone();
            }
            if (update >= updates - 100)
            {
                total += Cosine(gradients[0], gradients[1]) + Cosine(gradients[2], gradients[3]);
                count += 2;
            }
            for (var i = 0; i < networks.Parameters.Gradients.Length; i++) { networks.Parameters.Gradients[i] = gradients.Sum(gradient => gradient[i]) / Tasks; }
            optimizer.Step();
        }
        return total / count;
    }

    private static void Differentiate(INetwork network, int task, double[] mappings, RandomStream random)
    {
        var (inputs, outputs) = (new float[Rows * (Numbers + Tasks)], new float[Rows * Outputs]);
        for (var row = 0; row < Rows; row++)
        {
            random.NextGaussians(inputs.AsSpan(row * (Numbers + Tasks), Numbers));
            inputs[row * (Numbers + Tasks) + Numbers + task] = 1;
        }
        network.ForwardTraining(inputs, Rows, outputs);
        var sign = task % 2 == 0 ? 1 : -1;
        for (var row = 0; row < Rows; row++)
        {
            for (var k = 0; k < Outputs; k++)
            {
                var sum = 0.0;
                for (var i = 0; i < Numbers; i++) { sum += inputs[row * (Numbers + Tasks) + i] * mappings[(task / 2 * Numbers + i) * Outputs + k]; }
                outputs[row * Outputs + k] = (float)(2 * (outputs[row * Outputs + k] - sign * Math.Tanh(sum)) / (Rows * Outputs));
            }
        }
        network.Backward(outputs, Rows, default);
    }

    private static double Cosine(float[] a, float[] b)
    {
        var (product, first, second) = (0.0, 0.0, 0.0);
        for (var i = 0; i < a.Length; i++) { (product, first, second) = (product + (double)a[i] * b[i], first + (double)a[i] * a[i], second + (double)b[i] * b[i]); }
        return product / Math.Sqrt(first * second);
    }
}
