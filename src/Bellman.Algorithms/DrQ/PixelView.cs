using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// How an agent reads square pictures, or stacks of them: frames side by side as channels, [side, side, frames x channels], brightness from -0.5 to
/// 0.5, in updates shifted at random (Kostrikov et al. 2021; Yarats et al. 2022).
/// </summary>
public sealed class PixelView
{
    private readonly int frames;
    private readonly int colours;

    /// <summary>The view of a space.</summary>
    /// <exception cref="UsageException">The observations are no square pictures with finite bounds.</exception>
    public PixelView(Space observations, string algorithm)
    {
        if (observations is not Box { IsBounded: true, Shape: [_, _, _] or [_, _, _, _] } box)
        {
            throw new UsageException($"{algorithm} reads pictures [height, width, channels] with finite bounds, or stacks of them; this environment shows {observations}. Use td3 or sac for vectors.");
        }
        if (box.Shape[^2] != box.Shape[^3]) { throw new UsageException($"{algorithm} reads square pictures; these are {box.Shape[^3]} x {box.Shape[^2]}. Crop or scale them in the environment."); }
        (Side, colours, frames) = (box.Shape[^2], box.Shape[^1], box.Shape.Count == 4 ? box.Shape[0] : 1);
    }

    /// <summary>Pixels of a side.</summary>
    public int Side { get; }

    /// <summary>Numbers of a pixel, over all frames.</summary>
    public int Channels => frames * colours;

    /// <summary>Numbers of a picture.</summary>
    public int Size => Side * Side * Channels;

    /// <summary>Convolutions of 3 x 3 over it.</summary>
    public ConvolutionPart Convolutions(string name, DrqOptions options) =>
        new(name, Side, Side, Channels, [.. options.Strides.Select(stride => new Convolution(options.Filters, 3, stride))]);

    /// <summary>Encoded observations [rows, size], brightness from 0 to 1, as the network reads them.</summary>
    public void Show(ReadOnlySpan<float> encoded, int rows, Span<float> pictures)
    {
        for (var row = 0; row < rows; row++) { Shifted(encoded.Slice(row * Size, Size), 0, 0, pictures.Slice(row * Size, Size)); }
    }

    /// <summary>As <see cref="Show"/>, each picture shifted by up to <paramref name="most"/> pixels along both axes; what comes in from outside repeats the edge.</summary>
    public void Shift(ReadOnlySpan<float> encoded, int rows, int most, RandomStream random, Span<float> pictures)
    {
        for (var row = 0; row < rows; row++)
        {
            var (down, right) = (random.NextInt32(2 * most + 1) - most, random.NextInt32(2 * most + 1) - most);
            Shifted(encoded.Slice(row * Size, Size), down, right, pictures.Slice(row * Size, Size));
        }
    }

    private void Shifted(ReadOnlySpan<float> from, int down, int right, Span<float> to)
    {
        // A whole number of pixels: bilinear sampling on exact pixel centres picks single pixels.
        var next = 0;
        for (var y = 0; y < Side; y++)
        {
            var row = Math.Clamp(y + down, 0, Side - 1) * Side;
            for (var x = 0; x < Side; x++)
            {
                var pixel = (row + Math.Clamp(x + right, 0, Side - 1)) * colours;
                for (var frame = 0; frame < frames; frame++)
                {
                    var start = frame * Side * Side * colours + pixel;
                    for (var colour = 0; colour < colours; colour++) { to[next++] = from[start + colour] - 0.5f; }
                }
            }
        }
    }
}
