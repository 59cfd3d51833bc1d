namespace Bellman.Algorithms;

/// <summary>
/// Turns observations into what a network reads: flattened, pictures (a bounded Box of three axes, or of four for stacks) brought to [0, 1] by
/// their bounds, and normalised by running moments if asked
/// ((o - mean)/sqrt(var + 1e-8), clipped to +-10; statistics are frozen unless <see cref="Observe"/> is called).
/// </summary>
public sealed class ObservationEncoder : IStateful
{
    /// <summary>Largest magnitude of a normalised number.</summary>
    public const double Clip = 10;

    /// <summary>Added to the variance before its root.</summary>
    public const double Epsilon = 1e-8;

    private readonly Space space;
    private readonly Box? picture;
    private readonly RunningMoments? moments;
    private readonly double epsilon;
    private readonly float[] scratch;

    /// <summary>Encodes elements of <paramref name="space"/>.</summary>
    /// <param name="space">The observations.</param>
    /// <param name="normalize">Whether they are normalised.</param>
    /// <param name="epsilon">Added to the variance before its root: its own root is the least deviation that is divided by.</param>
    public ObservationEncoder(Space space, bool normalize, double epsilon = Epsilon)
    {
        this.space = space;
        this.epsilon = epsilon;
        picture = space is Box { Shape.Count: 3 or 4, IsBounded: true } box ? box : null;
        moments = normalize ? new RunningMoments(space.FlatSize) : null;
        scratch = new float[space.FlatSize];
    }

    /// <summary>Floats a network reads for one observation.</summary>
    public int Size => space.FlatSize;

    /// <summary>What it encodes.</summary>
    public Space Space => space;

    /// <summary>The running moments it normalises by; null if it does not.</summary>
    public RunningMoments? Moments => moments;

    /// <summary>Takes <paramref name="count"/> observations into the running moments.</summary>
    public void Observe(ReadOnlySpan<float> observations, int count)
    {
        if (moments is null) { return; }
        for (var i = 0; i < count; i++)
        {
            space.Flatten(observations.Slice(i * space.Size, space.Size), scratch);
            if (picture is not null) { Scale(picture, scratch); }
            moments.Update(scratch);
        }
    }

    /// <summary>Encodes [count, space size] into [count, <see cref="Size"/>].</summary>
    public void Encode(ReadOnlySpan<float> observations, int count, Span<float> encoded)
    {
        if (space.IsFlat)
        {
            observations[..(count * Size)].CopyTo(encoded);
        }
        else
        {
            for (var i = 0; i < count; i++)
            {
                space.Flatten(observations.Slice(i * space.Size, space.Size), encoded.Slice(i * Size, Size));
            }
        }
        if (picture is not null) { Scale(picture, encoded[..(count * Size)]); }
        if (moments is null) { return; }
        for (var i = 0; i < count; i++)
        {
            var row = encoded.Slice(i * Size, Size);
            moments.Normalize(row, row, Clip, epsilon);
        }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        if (moments is not null) { state.Part(nameof(moments), moments); }
    }

    private static void Scale(Box box, Span<float> pictures)
    {
        for (var i = 0; i < pictures.Length; i++)
        {
            var (low, high) = (box.Low[i % box.Size], box.High[i % box.Size]);
            pictures[i] = high > low ? (pictures[i] - low) / (high - low) : 0;
        }
    }
}
