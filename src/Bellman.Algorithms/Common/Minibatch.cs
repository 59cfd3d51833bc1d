namespace Bellman.Algorithms;

/// <summary>
/// Some rows of a rollout gathered into contiguous blocks, with room for what the networks make of them. For a policy
/// with memory the rows are whole sequences, [time, sequences], and it holds what they remembered at their beginning.
/// </summary>
public sealed class Minibatch
{
    private readonly int observationSize;
    private readonly ActionHead head;
    private readonly int[] copies;
    private float[] observations = [];
    private float[] actions = [];
    private float[] advantages = [];
    private bool[] begins = [];
    private float[] outputs = [];
    private float[] outputGradients = [];
    private float[] values = [];
    private float[] valueGradients = [];
    private float[] logProbabilities = [];
    private float[] entropies = [];
    private float[] policyWeights = [];

    /// <summary>An empty mini-batch.</summary>
    /// <param name="model">Whose outputs it holds.</param>
    /// <param name="observationSize">Floats of an encoded observation.</param>
    /// <param name="sequences">Sequences of a mini-batch of a policy with memory; 0 without.</param>
    public Minibatch(ActorCritic model, int observationSize, int sequences)
    {
        this.observationSize = observationSize;
        head = model.Head;
        Sequences = model.IsRecurrent ? sequences : 0;
        copies = new int[Sequences];
        Memory = new PolicyMemory(Sequences, model.MemorySizes);
    }

    /// <summary>Rows.</summary>
    public int Rows { get; private set; }

    /// <summary>Sequences that the rows form; 0 without memory.</summary>
    public int Sequences { get; }

    /// <summary>[rows, encoded observation size].</summary>
    public ReadOnlySpan<float> Observations => observations.AsSpan(0, Rows * observationSize);

    /// <summary>[rows, stored action size].</summary>
    public ReadOnlySpan<float> Actions => actions.AsSpan(0, Rows * head.ActionSize);

    /// <summary>[rows].</summary>
    public Span<float> Advantages => advantages.AsSpan(0, Rows);

    /// <summary>[rows]: whether the step is the first of its episode; empty without memory.</summary>
    public ReadOnlySpan<bool> Begins => Sequences > 0 ? begins.AsSpan(0, Rows) : default;

    /// <summary>[sequences, ...]: what was remembered before the first step.</summary>
    public PolicyMemory Memory { get; }

    /// <summary>[rows, head outputs].</summary>
    public Span<float> Outputs => outputs.AsSpan(0, Rows * head.Outputs);

    /// <summary>[rows, head outputs].</summary>
    public Span<float> OutputGradients => outputGradients.AsSpan(0, Rows * head.Outputs);

    /// <summary>[rows].</summary>
    public Span<float> Values => values.AsSpan(0, Rows);

    /// <summary>[rows].</summary>
    public Span<float> ValueGradients => valueGradients.AsSpan(0, Rows);

    /// <summary>[rows]: log pi(a|s) now.</summary>
    public Span<float> LogProbabilities => logProbabilities.AsSpan(0, Rows);

    /// <summary>[rows]: entropy of the policy.</summary>
    public Span<float> Entropies => entropies.AsSpan(0, Rows);

    /// <summary>[rows]: derivative of the total loss with respect to log pi(a|s).</summary>
    public Span<float> PolicyWeights => policyWeights.AsSpan(0, Rows);

    /// <summary>Gathers <paramref name="rows"/> of a rollout; those of a policy with memory are in the order of <see cref="MinibatchOrder"/>.</summary>
    /// <param name="rollout">Where the rows lie.</param>
    /// <param name="memory">What each copy remembered when the rollout began.</param>
    /// <param name="rows">Which ones.</param>
    public void Gather(Rollout rollout, PolicyMemory memory, ReadOnlySpan<int> rows)
    {
        Rows = rows.Length;
        // A fixed size is met exactly; batches of whole episodes grow and shrink.
        if (advantages.Length < Rows) { Reserve(Math.Max(Rows, 2 * advantages.Length)); }
        ReplayBuffer.Gather(rollout.Observations, observationSize, rows, observations);
        ReplayBuffer.Gather(rollout.Actions, head.ActionSize, rows, actions);
        for (var i = 0; i < rows.Length; i++) { advantages[i] = rollout.Advantages[rows[i]]; }
        if (Sequences == 0) { return; }
        for (var i = 0; i < rows.Length; i++) { begins[i] = rollout.Begins[rows[i]]; }
        // The first step of every sequence comes first: its row is the copy's number.
        rows[..Sequences].CopyTo(copies);
        Memory.Gather(memory, copies);
    }

    private void Reserve(int capacity)
    {
        observations = GC.AllocateArray<float>(capacity * observationSize, pinned: true);
        actions = new float[capacity * head.ActionSize];
        advantages = new float[capacity];
        begins = new bool[Sequences > 0 ? capacity : 0];
        outputs = new float[capacity * head.Outputs];
        outputGradients = new float[capacity * head.Outputs];
        values = new float[capacity];
        valueGradients = new float[capacity];
        logProbabilities = new float[capacity];
        entropies = new float[capacity];
        policyWeights = new float[capacity];
    }
}

/// <summary>
/// Deals the rows of a rollout into mini-batches: single steps, or for a policy with memory whole sequences, because
/// a step means nothing without those before it (foundations 3.12).
/// </summary>
public sealed class MinibatchOrder
{
    private readonly int copies;
    private readonly int steps;
    private readonly bool sequences;
    private readonly int[] rows;
    private readonly int[] copyOrder;

    /// <summary>An order for rollouts of this shape.</summary>
    /// <param name="steps">T.</param>
    /// <param name="copies">N.</param>
    /// <param name="minibatches">Equal parts; divides T x N, or N if <paramref name="sequences"/>.</param>
    /// <param name="sequences">Whether copies are dealt instead of steps.</param>
    /// <exception cref="UsageException">The parts would not be equal.</exception>
    public MinibatchOrder(int steps, int copies, int minibatches, bool sequences)
    {
        if (sequences && copies % minibatches != 0)
        {
            throw new UsageException($"A policy with memory learns from whole sequences, and {copies} copies cannot be dealt to {minibatches} equal mini-batches. Change minibatches to a divisor of copies.");
        }
        (this.steps, this.copies, this.sequences) = (steps, copies, sequences);
        Count = minibatches;
        Size = steps * copies / minibatches;
        rows = new int[steps * copies];
        copyOrder = new int[copies];
    }

    /// <summary>Mini-batches.</summary>
    public int Count { get; }

    /// <summary>Rows of a mini-batch.</summary>
    public int Size { get; }

    /// <summary>Rows of mini-batch <paramref name="index"/>; sequences lie [time, sequences].</summary>
    public ReadOnlySpan<int> this[int index] => rows.AsSpan(index * Size, Size);

    /// <summary>Back to the natural order, from which the next <see cref="Shuffle"/> continues.</summary>
    public void Reset()
    {
        for (var i = 0; i < rows.Length; i++) { rows[i] = i; }
        for (var i = 0; i < copies; i++) { copyOrder[i] = i; }
        if (sequences) { DealCopies(); }
    }

    /// <summary>Deals anew.</summary>
    public void Shuffle(RandomStream random)
    {
        if (!sequences)
        {
            random.Shuffle(rows.AsSpan());
            return;
        }
        random.Shuffle(copyOrder.AsSpan());
        DealCopies();
    }

    private void DealCopies()
    {
        var width = copies / Count;
        var next = 0;
        for (var batch = 0; batch < Count; batch++)
        {
            for (var t = 0; t < steps; t++)
            {
                for (var k = 0; k < width; k++) { rows[next++] = t * copies + copyOrder[batch * width + k]; }
            }
        }
    }
}
