using System.Globalization;

namespace Bellman;

/// <summary>
/// Shows an environment's picture in place of its observation: [side, side, 3], brightness 0 to 1. The picture is scaled to a square, each pixel
/// the mean of what it covers. Speeds do not show in one picture: put a <see cref="FrameStack"/> around it.
/// </summary>
public sealed class ShowPixels : EnvironmentWrapper
{
    /// <summary>Smallest side.</summary>
    public const int SmallestSide = 8;

    /// <summary>Largest side.</summary>
    public const int LargestSide = 512;

    /// <summary>What <see cref="Stacked"/> takes.</summary>
    public const string OptionForm = "SIDE or SIDExFRAMES, e.g. 64 or 84x4";

    private const int Colours = 3;
    private const int UsualFrames = 3;
    private const int MostFrames = 16;

    private readonly int side;
    private readonly IRenderable picture;
    private readonly float[] hidden;
    private float[] narrowed = [];
    private Scale? across;
    private Scale? down;

    /// <summary>Shows the picture of an environment that draws itself.</summary>
    /// <param name="inner">The environment, an <see cref="IRenderable"/>.</param>
    /// <param name="side">Pixels of a side, 8 to 512.</param>
    /// <exception cref="UsageException">The environment does not draw itself.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The side is out of range.</exception>
    public ShowPixels(IEnvironment inner, int side) : base(inner)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(side, SmallestSide);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(side, LargestSide);
        picture = inner.Find<IRenderable>() ?? throw new UsageException("Pixels can be observed of an environment that draws itself (IRenderable); this one does not. Leave out the option pixels.");
        this.side = side;
        hidden = new float[inner.ObservationSpace.Size];
        var size = side * side * Colours;
        ObservationSpace = new Box(new float[size], [.. Enumerable.Repeat(1f, size)], side, side, Colours);
    }

    /// <summary>What the option does, in a sentence.</summary>
    public static string OptionDescription { get; } = $"Show the last pictures ({UsualFrames} unless told) in place of the observation, for agents that see: drq-v2, ppo, dqn, ...";

    /// <summary>[side, side, 3], each number between 0 and 1.</summary>
    public override Space ObservationSpace { get; }

    /// <summary>
    /// An environment seen as <paramref name="option"/> says: <c>64</c> shows the last three pictures of 64 x 64, <c>84x4</c> the last four of 84 x 84.
    /// </summary>
    /// <exception cref="UsageException">The option is malformed, or the environment does not draw itself.</exception>
    public static IEnvironment Stacked(IEnvironment inner, string option)
    {
        var parts = option.Split('x');
        var frames = UsualFrames;
        if (parts.Length > 2 || !TryCount(parts[0], SmallestSide, LargestSide, out var side) || (parts.Length == 2 && !TryCount(parts[1], 1, MostFrames, out frames)))
        {
            throw new UsageException($"pixels={option} is not a size of pictures. Write pixels=64 (three pictures of 64 x 64) or pixels=84x4 (four of 84 x 84): a side of {SmallestSide} to {LargestSide}, 1 to {MostFrames} pictures.");
        }
        return new FrameStack(new ShowPixels(inner, side), frames);
    }

    /// <inheritdoc/>
    public override void Reset(RandomStream random, Span<float> observation)
    {
        base.Reset(random, hidden);
        Show(observation);
    }

    /// <inheritdoc/>
    public override StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var result = base.Step(action, random, hidden);
        Show(observation);
        return result;
    }

    private static bool TryCount(string text, int least, int most, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= least && value <= most;

    /// <summary>First along rows, then along columns.</summary>
    private void Show(Span<float> observation)
    {
        var image = picture.RenderImage();
        if (across?.Length != image.Width || down?.Length != image.Height)
        {
            (across, down) = (new Scale(image.Width, side), new Scale(image.Height, side));
            narrowed = new float[image.Height * side * Colours];
        }
        var rowSize = side * Colours;
        Array.Clear(narrowed);
        for (var y = 0; y < image.Height; y++)
        {
            var from = image.Pixels.AsSpan(y * image.Width * Colours, image.Width * Colours);
            var to = narrowed.AsSpan(y * rowSize, rowSize);
            for (var x = 0; x < side; x++)
            {
                var pixel = across.First[x] * Colours;
                foreach (var share in across.Shares[x])
                {
                    for (var colour = 0; colour < Colours; colour++) { to[x * Colours + colour] += share * from[pixel++]; }
                }
            }
        }
        observation.Clear();
        for (var y = 0; y < side; y++)
        {
            var row = down.First[y];
            var to = observation.Slice(y * rowSize, rowSize);
            foreach (var share in down.Shares[y])
            {
                var from = narrowed.AsSpan(row++ * rowSize, rowSize);
                for (var i = 0; i < rowSize; i++) { to[i] += share / byte.MaxValue * from[i]; }
            }
        }
        // Shares add up to 1 but for rounding.
        foreach (ref var value in observation) { value = Math.Clamp(value, 0, 1); }
    }

    /// <summary>For each of <c>places</c> along a side, the first of the picture's <see cref="Length"/> pixels that it covers and each one's share of it.</summary>
    private sealed class Scale
    {
        public Scale(int length, int places)
        {
            Length = length;
            First = new int[places];
            Shares = new float[places][];
            for (var place = 0; place < places; place++)
            {
                // In places-ths of a pixel, so that nothing is lost to rounding.
                var (start, end) = ((long)place * length, (long)(place + 1) * length);
                First[place] = (int)(start / places);
                Shares[place] = [.. Enumerable.Range(First[place], (int)((end + places - 1) / places) - First[place])
                    .Select(pixel => (float)(Math.Min(end, (pixel + 1L) * places) - Math.Max(start, (long)pixel * places)) / length)];
            }
        }

        public int Length { get; }

        public int[] First { get; }

        public float[][] Shares { get; }
    }
}
