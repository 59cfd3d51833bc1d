using Bellman;
using Bellman.Neural;

namespace CustomNetwork;

/// <summary>The network between observations and an agent's heads: a layer of our own, then a dense one that comes with Bellman.</summary>
public sealed class FourierTrunk : INetworkFactory
{
    public NetworkPart CreateTrunk(string name, Space observations) => new ChainPart(name,
    [
        new FourierPart($"{name}.fourier", observations.FlatSize, Frequencies: 32),
        new MlpPart($"{name}.dense", new MlpSpecification(64, [], 64) { OutputActivation = Activation.Tanh, OutputGain = MathF.Sqrt(2) }),
    ]);
}

/// <summary>Sines and cosines of learned directions: y = [sin Wx, cos Wx].</summary>
public sealed record FourierPart(string Name, int ObservationSize, int Frequencies) : NetworkPart(Name)
{
    public override int Inputs => ObservationSize;

    public override int Outputs => 2 * Frequencies;

    public override IEnumerable<(string Name, int[] Shape)> Parameters() => [($"{Name}.frequencies", [Frequencies, ObservationSize])];

    public override void Initialize(ParameterBuffer parameters, RandomStream random)
    {
        var stream = random.Child(Name);
        foreach (ref var frequency in parameters[$"{Name}.frequencies"]) { frequency = (float)stream.NextGaussian(); }
    }

    public override INetwork? Build(ParameterBuffer parameters, NetworkContext context) => new FourierNetwork(this, parameters);
}

/// <summary>
/// What a network is to Bellman: forward, forward for training, backward, on plain rows of numbers. The optimiser, checkpoints
/// and gradient clipping work on the shared parameter buffer and need nothing from here.
/// </summary>
internal sealed class FourierNetwork(FourierPart part, ParameterBuffer parameters) : INetwork
{
    private readonly int offset = parameters.Find($"{part.Name}.frequencies").Offset;
    private float[] keptInputs = [];
    private float[] keptOutputs = [];

    public int Inputs => part.Inputs;

    public int Outputs => part.Outputs;

    public ParameterBuffer Parameters => parameters;

    public void Forward(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        for (var row = 0; row < batch; row++)
        {
            var x = inputs.Slice(row * Inputs, Inputs);
            var y = outputs.Slice(row * Outputs, Outputs);
            for (var k = 0; k < part.Frequencies; k++)
            {
                var phase = 0f;
                for (var i = 0; i < Inputs; i++) { phase += parameters.Values[offset + k * Inputs + i] * x[i]; }
                (y[k], y[part.Frequencies + k]) = MathF.SinCos(phase);
            }
        }
    }

    public void ForwardTraining(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        Forward(inputs, batch, outputs);
        keptInputs = inputs.ToArray();
        keptOutputs = outputs.ToArray();
    }

    public void Backward(ReadOnlySpan<float> outputGradients, int batch, Span<float> inputGradients, bool parameterGradients = true)
    {
        inputGradients.Clear();
        for (var row = 0; row < batch; row++)
        {
            var at = row * Outputs;
            for (var k = 0; k < part.Frequencies; k++)
            {
                // d sin = cos d(phase), d cos = -sin d(phase)
                var (sine, cosine) = (keptOutputs[at + k], keptOutputs[at + part.Frequencies + k]);
                var byPhase = outputGradients[at + k] * cosine - outputGradients[at + part.Frequencies + k] * sine;
                for (var i = 0; i < Inputs; i++)
                {
                    if (parameterGradients) { parameters.Gradients[offset + k * Inputs + i] += byPhase * keptInputs[row * Inputs + i]; }
                    if (!inputGradients.IsEmpty) { inputGradients[row * Inputs + i] += byPhase * parameters.Values[offset + k * Inputs + i]; }
                }
            }
        }
    }

    public void Dispose() { }
}
