namespace Bellman.Environments;

/// <summary>
/// <c>BitFlipping-v0</c>: n bits are to become the n bits of a goal, one flip a step, with reward -1 a step until they
/// are (Andrychowicz et al. 2017, section 3.1). Nothing tells a near miss from a far one. An episode is cut after n steps.
/// </summary>
public sealed class BitFlipping : IGoalEnvironment, IRenderable
{
    private readonly float[] bits;
    private readonly float[] goal;
    private int steps;

    /// <summary>Ten bits.</summary>
    public BitFlipping() : this(new BitFlippingOptions()) { }

    /// <summary>A task as described by <paramref name="options"/>.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public BitFlipping(BitFlippingOptions options)
    {
        var count = OptionSet.Validated(options, "BitFlipping").Bits;
        bits = new float[count];
        goal = new float[count];
        ObservationSpace = GoalLayout.Space(new MultiBinary(count), new MultiBinary(count));
        ActionSpace = new Discrete(count);
    }

    /// <summary>The bits, what was achieved (the same bits), and what is desired.</summary>
    public Space ObservationSpace { get; }

    /// <summary>The bit to flip.</summary>
    public Space ActionSpace { get; }

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        for (var i = 0; i < bits.Length; i++) { bits[i] = random.NextInt32(2); }
        // A start that is the goal already would have to be left and found again.
        do
        {
            for (var i = 0; i < goal.Length; i++) { goal[i] = random.NextInt32(2); }
        }
        while (bits.AsSpan().SequenceEqual(goal));
        steps = 0;
        Write(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var flipped = (int)action[0];
        bits[flipped] = 1 - bits[flipped];
        steps++;
        Write(observation);
        var result = Judge(bits, goal);
        return result with { Truncated = !result.Terminated && steps >= bits.Length };
    }

    /// <summary>r = -[achieved != desired]; the task ends when they are equal.</summary>
    public StepResult Judge(ReadOnlySpan<float> achieved, ReadOnlySpan<float> desired) =>
        achieved.SequenceEqual(desired) ? new StepResult(0, Terminated: true) : new StepResult(-1);

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Array<float>(nameof(bits), bits);
        state.Array<float>(nameof(goal), goal);
        state.Value(nameof(steps), ref steps);
        RestoredState.RequireIndex(state, nameof(steps), steps, bits.Length + 1);
        foreach (var bit in bits) { RestoredState.RequireBit(state, nameof(bits), bit); }
        foreach (var bit in goal) { RestoredState.RequireBit(state, nameof(goal), bit); }
    }

    /// <inheritdoc/>
    public string RenderText() => $"bits {string.Concat(bits)}\ngoal {string.Concat(goal)}\nstep {steps} of {bits.Length}\n";

    /// <inheritdoc/>
    public RgbImage RenderImage()
    {
        // The bits above the goal; a bit that is still wrong has a red dot.
        var count = bits.Length;
        var picture = new TilePicture(2, count, cell => (cell < count ? bits[cell] : goal[cell - count]) > 0 ? Palette.Blue : Palette.Sky);
        for (var i = 0; i < count; i++)
        {
            var (x, y) = picture.Middle(i);
            picture.Canvas.Disc(x, y, picture.Tile * 0.15, bits[i] == goal[i] ? Palette.Green : Palette.Red);
        }
        return picture.Canvas.Image;
    }

    private void Write(Span<float> observation)
    {
        bits.CopyTo(observation);
        bits.CopyTo(observation[bits.Length..]);
        goal.CopyTo(observation[(2 * bits.Length)..]);
    }
}
