namespace Bellman.Neural;

/// <summary>The checks both engines make at their public edge.</summary>
internal static class NetworkArguments
{
    public static void Check(INetwork network, ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch);
        Require(inputs.Length, batch, network.Inputs, "inputs");
        Require(outputs.Length, batch, network.Outputs, "outputs");
    }

    public static void CheckBackward(INetwork network, ReadOnlySpan<float> outputGradients, int batch, Span<float> inputGradients, int keptRows)
    {
        if (batch != keptRows)
        {
            throw new InvalidOperationException(keptRows < 0
                ? "Backward was called without a ForwardTraining before it; each backward pass consumes one forward pass."
                : $"Backward was called for {batch} rows, but the last ForwardTraining had {keptRows}.");
        }
        Require(outputGradients.Length, batch, network.Outputs, "output gradients");
        if (!inputGradients.IsEmpty) { Require(inputGradients.Length, batch, network.Inputs, "input gradients"); }
    }

    private static void Require(int length, int batch, int width, string what)
    {
        if (length != (long)batch * width)
        {
            throw new ArgumentException($"A batch of {batch} rows of {width} {what} needs {(long)batch * width} numbers; {length} were given.");
        }
    }
}
