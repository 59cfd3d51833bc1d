namespace Bellman.Neural;

/// <summary>One row of a recurrent step. Blocks of gates are [gates, size].</summary>
internal unsafe struct RecurrentRow
{
    /// <summary>Numbers of the hidden state.</summary>
    public int Size;

    /// <summary>The sums from the input; the forward pass replaces them by the gates themselves, which the backward pass reads.</summary>
    public float* Gates;

    /// <summary>The sums from the previous hidden state.</summary>
    public float* HiddenGates;

    /// <summary>h and c before the step; c only where the cell has one.</summary>
    public float* PreviousHidden, PreviousCell;

    /// <summary>h and c after the step.</summary>
    public float* Hidden, Cell;
}

/// <summary>Gradients of one row of a recurrent step.</summary>
internal unsafe struct RecurrentGradientRow
{
    /// <summary>With respect to h after the step.</summary>
    public float* Hidden;

    /// <summary>With respect to c after the step, from later ones; replaced by that with respect to c before it.</summary>
    public float* Cell;

    /// <summary>With respect to the sums from the input, written.</summary>
    public float* Gates;

    /// <summary>With respect to the sums from the previous hidden state, written; for an LSTM the same as <see cref="Gates"/>.</summary>
    public float* HiddenGates;

    /// <summary>With respect to h before the step, but for the way through the hidden sums; written.</summary>
    public float* PreviousHidden;
}

/// <summary>The elementwise part of a recurrent step, over the numbers from <c>start</c> to <c>end</c> of a row.</summary>
internal unsafe interface IRecurrentCell
{
    /// <summary>Blocks of gates.</summary>
    static abstract int Gates { get; }

    /// <summary>Whether there is a cell state c beside the hidden state h.</summary>
    static abstract bool HasCell { get; }

    /// <summary>Whether the two sums have different gradients.</summary>
    static abstract bool SplitsGradients { get; }

    static abstract void Forward<V, O>(in RecurrentRow row, nint start, nint end) where V : unmanaged where O : IVectorOperations<V>;

    static abstract void Backward<V, O>(in RecurrentRow row, in RecurrentGradientRow gradient, nint start, nint end) where V : unmanaged where O : IVectorOperations<V>;
}
