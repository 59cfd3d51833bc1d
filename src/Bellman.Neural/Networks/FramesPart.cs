namespace Bellman.Neural;

/// <summary>
/// Puts the frames of a stack side by side as channels: [frames, pixels, channels] becomes [pixels, frames, channels]. It has no
/// parameters.
/// </summary>
/// <param name="Name">Unique in its group.</param>
/// <param name="Frames">Pictures in a stack.</param>
/// <param name="Pixels">Pixels of a picture.</param>
/// <param name="Channels">Numbers of a pixel.</param>
public sealed record FramesPart(string Name, int Frames, int Pixels, int Channels) : NetworkPart(Name)
{
    /// <inheritdoc/>
    public override int Inputs => Frames * Pixels * Channels;

    /// <inheritdoc/>
    public override int Outputs => Inputs;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Parameters() => [];

    /// <inheritdoc/>
    public override void Initialize(ParameterBuffer parameters, RandomStream random) { }

    /// <inheritdoc/>
    public override INetwork? Build(ParameterBuffer parameters, NetworkContext context) => new FramesNetwork(this, parameters);
}

/// <summary>The network of a <see cref="FramesPart"/>.</summary>
internal sealed class FramesNetwork(FramesPart part, ParameterBuffer parameters) : INetwork
{
    private int keptRows = -1;

    public int Inputs => part.Inputs;

    public int Outputs => part.Outputs;

    public ParameterBuffer Parameters => parameters;

    public void Forward(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        NetworkArguments.Check(this, inputs, batch, outputs);
        for (var row = 0; row < batch; row++) { Transpose(inputs.Slice(row * Inputs, Inputs), outputs.Slice(row * Inputs, Inputs), part.Frames, part.Pixels); }
    }

    public void ForwardTraining(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        Forward(inputs, batch, outputs);
        keptRows = batch;
    }

    public void Backward(ReadOnlySpan<float> outputGradients, int batch, Span<float> inputGradients, bool parameterGradients = true)
    {
        NetworkArguments.CheckBackward(this, outputGradients, batch, inputGradients, keptRows);
        keptRows = -1;
        if (inputGradients.IsEmpty) { return; }
        for (var row = 0; row < batch; row++) { Transpose(outputGradients.Slice(row * Inputs, Inputs), inputGradients.Slice(row * Inputs, Inputs), part.Pixels, part.Frames); }
    }

    public void Dispose() { }

    /// <summary>[outer, inner, channels] to [inner, outer, channels].</summary>
    private void Transpose(ReadOnlySpan<float> from, Span<float> to, int outer, int inner)
    {
        for (var i = 0; i < outer; i++)
        {
            for (var j = 0; j < inner; j++) { from.Slice((i * inner + j) * part.Channels, part.Channels).CopyTo(to[((j * outer + i) * part.Channels)..]); }
        }
    }
}
