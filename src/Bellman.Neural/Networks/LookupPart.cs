namespace Bellman.Neural;

/// <summary>A table with a trainable row for each of many indices: a row of input is one index. Tabular logits and values, with the optimiser and checkpoints of networks.</summary>
/// <param name="Name">Unique in its group; the parameter is "name.table".</param>
/// <param name="Rows">Number of indices.</param>
/// <param name="Width">Numbers of a row.</param>
public sealed record LookupPart(string Name, int Rows, int Width) : NetworkPart(Name)
{
    /// <inheritdoc/>
    public override int Inputs => 1;

    /// <inheritdoc/>
    public override int Outputs => Width;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Parameters() => [($"{Name}.table", [Rows, Width])];

    /// <summary>All rows begin at zero: a uniform policy.</summary>
    public override void Initialize(ParameterBuffer parameters, RandomStream random) => parameters.Initial($"{Name}.table").Clear();

    /// <inheritdoc/>
    public override INetwork? Build(ParameterBuffer parameters, NetworkContext context) => new LookupNetwork(this, parameters);

    /// <inheritdoc/>
    public override void Validate()
    {
        if (Rows < 1 || Width < 1) { throw new UsageException($"The table '{Name}' has {Rows} rows of {Width} numbers; both must be at least 1."); }
    }

    private sealed class LookupNetwork(LookupPart part, ParameterBuffer parameters) : INetwork
    {
        private readonly int offset = parameters.Find($"{part.Name}.table").Offset;
        private int[] kept = [];
        private int keptRows = -1;

        public int Inputs => 1;

        public int Outputs => part.Width;

        public ParameterBuffer Parameters => parameters;

        public void Forward(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
        {
            NetworkArguments.Check(this, inputs, batch, outputs);
            for (var row = 0; row < batch; row++)
            {
                parameters.Block.AsSpan(offset + Index(inputs[row]) * part.Width, part.Width).CopyTo(outputs[(row * part.Width)..]);
            }
        }

        public void ForwardTraining(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
        {
            Forward(inputs, batch, outputs);
            if (kept.Length < batch) { kept = new int[batch]; }
            for (var row = 0; row < batch; row++) { kept[row] = (int)inputs[row]; }
            keptRows = batch;
        }

        public void Backward(ReadOnlySpan<float> outputGradients, int batch, Span<float> inputGradients, bool parameterGradients = true)
        {
            NetworkArguments.CheckBackward(this, outputGradients, batch, inputGradients, keptRows);
            keptRows = -1;
            // An index has no derivative.
            inputGradients.Clear();
            if (!parameterGradients) { return; }
            for (var row = 0; row < batch; row++)
            {
                var gradient = parameters.Gradients.AsSpan(offset + kept[row] * part.Width, part.Width);
                for (var k = 0; k < gradient.Length; k++) { gradient[k] += outputGradients[row * part.Width + k]; }
            }
        }

        public void Dispose() { }

        private int Index(float input) => (int)input is var index && (uint)index < (uint)part.Rows
            ? index
            : throw new ArgumentOutOfRangeException(nameof(input), input, $"The table '{part.Name}' has rows 0 to {part.Rows - 1}.");
    }
}
