using Bellman.Neural;
using static TorchSharp.torch;

namespace Bellman.Algorithms;

/// <summary>
/// From encoded observations to numbers: an MLP for vectors; for pictures 4 x 4 convolutions of stride 2, up to four, as long as the sides are
/// even and more than 4, and a linear layer after them.
/// </summary>
public sealed class ObservationNetwork
{
    internal const int Kernel = 4;

    private readonly PictureShape? picture;
    private readonly TensorMlp mlp;
    private readonly (Tensor Weight, Tensor Bias)[] convolutions = [];

    /// <summary>The network over <paramref name="parameters"/> that holds its <see cref="Parts"/>.</summary>
    public ObservationNetwork(TensorParameters parameters, string name, Space observations, int outputs, WorldModelOptions options)
    {
        picture = PictureShape.Of(observations, options.Filters);
        if (picture is not null) { convolutions = [.. picture.Filters.Select((_, i) => (parameters[$"{name}.convolution{i}.weight"], parameters[$"{name}.convolution{i}.bias"]))]; }
        mlp = new TensorMlp(parameters, Dense(name, observations, outputs, options, picture));
    }

    /// <summary>The parameters that it needs.</summary>
    public static IEnumerable<NetworkPart> Parts(string name, Space observations, int outputs, WorldModelOptions options)
    {
        var picture = PictureShape.Of(observations, options.Filters);
        if (picture is not null)
        {
            var channels = picture.Channels;
            for (var i = 0; i < picture.Filters.Count; i++)
            {
                yield return new WeightPart($"{name}.convolution{i}", [picture.Filters[i], channels, Kernel, Kernel], picture.Filters[i], channels * Kernel * Kernel);
                channels = picture.Filters[i];
            }
        }
        yield return Dense(name, observations, outputs, options, picture);
    }

    /// <summary>[rows, observation size] to [rows, outputs].</summary>
    public Tensor Forward(Tensor x)
    {
        if (picture is not null)
        {
            // Pictures arrive in [0, 1].
            x = picture.ToChannels(x) - 0.5;
            foreach (var (weight, bias) in convolutions) { x = nn.functional.relu(nn.functional.conv2d(x, weight, bias, strides: [2, 2], padding: [1, 1])); }
            x = x.flatten(1);
        }
        return mlp.Forward(x);
    }

    private static MlpPart Dense(string name, Space observations, int outputs, WorldModelOptions options, PictureShape? picture) =>
        new($"{name}.dense", new MlpSpecification(picture?.Flat ?? observations.FlatSize, picture is null ? options.EncoderHidden : [], outputs) { Initialization = Initialization.FanIn });
}

/// <summary>A picture [height, width, channels], or a stack of them whose frames become channels, and the convolutions that halve it.</summary>
internal sealed record PictureShape(int Frames, int Height, int Width, int Colours, IReadOnlyList<int> Filters)
{
    private const int MostConvolutions = 4;
    private const int SmallestSide = 4;

    public int Channels => Frames * Colours;

    /// <summary>Sides after the convolutions.</summary>
    public int SmallHeight => Height >> Filters.Count;

    public int SmallWidth => Width >> Filters.Count;

    /// <summary>Numbers after the convolutions.</summary>
    public int Flat => SmallHeight * SmallWidth * (Filters.Count > 0 ? Filters[^1] : Channels);

    /// <summary>The shape of a space of pictures; null for any other.</summary>
    public static PictureShape? Of(Space observations, int filters)
    {
        if (observations is not Box { IsBounded: true, Shape: [_, _, _] or [_, _, _, _] } box) { return null; }
        var (height, width) = (box.Shape[^3], box.Shape[^2]);
        var layers = new List<int>();
        for (var (h, w) = (height, width); layers.Count < MostConvolutions && h % 2 == 0 && w % 2 == 0 && Math.Min(h, w) > SmallestSide; (h, w) = (h / 2, w / 2)) { layers.Add(filters << layers.Count); }
        return new PictureShape(box.Shape.Count == 4 ? box.Shape[0] : 1, height, width, box.Shape[^1], layers);
    }

    /// <summary>[rows, frames x height x width x colours] to [rows, frames x colours, height, width].</summary>
    public Tensor ToChannels(Tensor x) => x.reshape(-1, Frames, Height, Width, Colours).permute(0, 1, 4, 2, 3).reshape(-1, Channels, Height, Width);

    /// <summary>The inverse.</summary>
    public Tensor FromChannels(Tensor x) => x.reshape(-1, Frames, Colours, Height, Width).permute(0, 1, 3, 4, 2).reshape(-1, Channels * Height * Width);
}
