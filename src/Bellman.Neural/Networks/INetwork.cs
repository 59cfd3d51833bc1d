namespace Bellman.Neural;

/// <summary>
/// A function from rows to rows with trainable parameters. The same mathematics whichever engine runs it. One
/// instance serves one thread at a time: give other threads a <see cref="NetworkGroup.Copy"/>.
/// </summary>
public interface INetwork : IDisposable
{
    /// <summary>Numbers per input row.</summary>
    int Inputs { get; }

    /// <summary>Numbers per output row.</summary>
    int Outputs { get; }

    /// <summary>The buffer that holds this network's parameters, and those of its whole group.</summary>
    ParameterBuffer Parameters { get; }

    /// <summary>Computes outputs [batch, Outputs] of inputs [batch, Inputs]; keeps nothing.</summary>
    void Forward(ReadOnlySpan<float> inputs, int batch, Span<float> outputs);

    /// <summary>As <see cref="Forward"/>, and keeps the activations that the next <see cref="Backward"/> needs.</summary>
    void ForwardTraining(ReadOnlySpan<float> inputs, int batch, Span<float> outputs);

    /// <summary>
    /// Carries the gradient with respect to the outputs of the last <see cref="ForwardTraining"/> back: ADDS to
    /// <see cref="ParameterBuffer.Gradients"/> and overwrites <paramref name="inputGradients"/>.
    /// May be called once after each <see cref="ForwardTraining"/>, before the parameters change.
    /// </summary>
    /// <param name="outputGradients">[batch, Outputs].</param>
    /// <param name="batch">Rows, the same number as in the forward pass.</param>
    /// <param name="inputGradients">[batch, Inputs], or empty when they are not wanted.</param>
    /// <param name="parameterGradients">False when only the input gradients are wanted.</param>
    void Backward(ReadOnlySpan<float> outputGradients, int batch, Span<float> inputGradients, bool parameterGradients = true);
}
