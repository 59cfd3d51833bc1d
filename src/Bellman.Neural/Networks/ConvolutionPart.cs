namespace Bellman.Neural;

/// <summary>One convolution: square kernels, no padding, ReLU after it.</summary>
/// <param name="Filters">Channels it writes.</param>
/// <param name="Kernel">Side of its kernels.</param>
/// <param name="Stride">Distance between their places.</param>
public sealed record Convolution(int Filters, int Kernel, int Stride);

/// <summary>
/// Convolutions over pictures [height, width, channels]; the output is [height', width', filters] of the last one. Each layer is a
/// dense layer over patches, on either engine; parameters "name.0.0.weight" [filters, kernel x kernel x channels], "name.0.0.bias", ...
/// </summary>
/// <param name="Name">Unique in its group.</param>
/// <param name="Height">Rows of a picture.</param>
/// <param name="Width">Columns of a picture.</param>
/// <param name="Channels">Numbers of a pixel.</param>
/// <param name="Layers">At least one.</param>
public sealed record ConvolutionPart(string Name, int Height, int Width, int Channels, IReadOnlyList<Convolution> Layers) : NetworkPart(Name)
{
    /// <inheritdoc/>
    public override int Inputs => Height * Width * Channels;

    /// <inheritdoc/>
    public override int Outputs => Shapes().Last().Outputs;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Parameters() => Dense().SelectMany(layer => layer.Parameters());

    /// <inheritdoc/>
    public override void Initialize(ParameterBuffer parameters, RandomStream random)
    {
        foreach (var layer in Dense()) { layer.Initialize(parameters, random); }
    }

    /// <inheritdoc/>
    public override INetwork? Build(ParameterBuffer parameters, NetworkContext context) => new ConvolutionNetwork(
        [.. Shapes()],
        [.. Dense().Select(layer => layer.Build(parameters, context) ?? throw new InvalidOperationException($"{layer.Name} computes nothing."))]);

    /// <inheritdoc/>
    public override void Validate()
    {
        if (Layers.Count == 0) { throw new UsageException($"Convolutions '{Name}' have no layers; give at least one."); }
        foreach (var (height, width, channels, layer) in Shapes())
        {
            if (layer.Filters < 1 || layer.Kernel < 1 || layer.Stride < 1 || channels < 1 || height < layer.Kernel || width < layer.Kernel)
            {
                throw new UsageException($"Convolutions '{Name}' cannot put {layer.Filters} kernels of {layer.Kernel} x {layer.Kernel}, stride {layer.Stride}, on a picture of {height} x {width} x {channels}. Use smaller kernels or larger pictures.");
            }
        }
    }

    // One at a time: what a shape leads to is only computed once it has been found valid.
    private IEnumerable<PatchShape> Shapes()
    {
        var (height, width, channels) = (Height, Width, Channels);
        foreach (var layer in Layers)
        {
            var shape = new PatchShape(height, width, channels, layer);
            yield return shape;
            (height, width, channels) = (shape.OutputHeight, shape.OutputWidth, layer.Filters);
        }
    }

    private IEnumerable<MlpPart> Dense() => Shapes().Select((shape, index) => new MlpPart($"{Name}.{index}", new MlpSpecification(shape.PatchSize, [], shape.Layer.Filters)
    {
        OutputActivation = Activation.Relu,
        OutputGain = MathF.Sqrt(2),
    }));
}

/// <summary>How a picture is cut into the patches that one convolution sees.</summary>
internal readonly record struct PatchShape(int Height, int Width, int Channels, Convolution Layer)
{
    public int OutputHeight => (Height - Layer.Kernel) / Layer.Stride + 1;

    public int OutputWidth => (Width - Layer.Kernel) / Layer.Stride + 1;

    public int Inputs => Height * Width * Channels;

    public int Outputs => Patches * Layer.Filters;

    public int Patches => OutputHeight * OutputWidth;

    public int PatchSize => Layer.Kernel * Layer.Kernel * Channels;

    /// <summary>Copies every patch of one picture into a row of its own.</summary>
    public void Cut(ReadOnlySpan<float> picture, Span<float> patches)
    {
        var run = Layer.Kernel * Channels;
        for (var y = 0; y < OutputHeight; y++)
        {
            for (var x = 0; x < OutputWidth; x++)
            {
                for (var row = 0; row < Layer.Kernel; row++)
                {
                    picture.Slice(((y * Layer.Stride + row) * Width + x * Layer.Stride) * Channels, run).CopyTo(patches);
                    patches = patches[run..];
                }
            }
        }
    }

    /// <summary>Adds every patch to where it was cut from.</summary>
    public void AddBack(ReadOnlySpan<float> patches, Span<float> picture)
    {
        var run = Layer.Kernel * Channels;
        for (var y = 0; y < OutputHeight; y++)
        {
            for (var x = 0; x < OutputWidth; x++)
            {
                for (var row = 0; row < Layer.Kernel; row++)
                {
                    var to = picture.Slice(((y * Layer.Stride + row) * Width + x * Layer.Stride) * Channels, run);
                    for (var i = 0; i < run; i++) { to[i] += patches[i]; }
                    patches = patches[run..];
                }
            }
        }
    }
}

/// <summary>The network of a <see cref="ConvolutionPart"/>: cut patches, run a dense layer over them, layer by layer.</summary>
internal sealed class ConvolutionNetwork(PatchShape[] shapes, INetwork[] layers) : INetwork
{
    // Inference runs this many pictures at once: their patches then fit the second-level cache.
    private const int Block = 8;

    private readonly float[][] between = [.. shapes.Select(_ => Array.Empty<float>())];
    private readonly float[][] gradients = [.. shapes.Select(_ => Array.Empty<float>())];
    private float[] patches = [];
    private int keptRows = -1;

    public int Inputs => shapes[0].Inputs;

    public int Outputs => shapes[^1].Outputs;

    public ParameterBuffer Parameters => layers[0].Parameters;

    public void Forward(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        NetworkArguments.Check(this, inputs, batch, outputs);
        for (var start = 0; start < batch; start += Block)
        {
            var count = Math.Min(Block, batch - start);
            Run(inputs.Slice(start * Inputs, count * Inputs), count, outputs.Slice(start * Outputs, count * Outputs), training: false);
        }
    }

    public void ForwardTraining(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        NetworkArguments.Check(this, inputs, batch, outputs);
        Run(inputs, batch, outputs, training: true);
        keptRows = batch;
    }

    public void Backward(ReadOnlySpan<float> outputGradients, int batch, Span<float> inputGradients, bool parameterGradients = true)
    {
        NetworkArguments.CheckBackward(this, outputGradients, batch, inputGradients, keptRows);
        keptRows = -1;
        var delta = outputGradients;
        for (var i = layers.Length - 1; i >= 0; i--)
        {
            var shape = shapes[i];
            var wanted = i > 0 || !inputGradients.IsEmpty;
            var byPatches = wanted ? Scratch.Sized(ref patches, batch * shape.Patches * shape.PatchSize) : default;
            layers[i].Backward(delta, batch * shape.Patches, byPatches, parameterGradients);
            if (!wanted) { return; }
            var below = i == 0 ? inputGradients : Scratch.Sized(ref gradients[i], batch * shape.Inputs);
            below.Clear();
            for (var picture = 0; picture < batch; picture++)
            {
                shape.AddBack(byPatches.Slice(picture * shape.Patches * shape.PatchSize, shape.Patches * shape.PatchSize), below.Slice(picture * shape.Inputs, shape.Inputs));
            }
            delta = below;
        }
    }

    public void Dispose()
    {
        foreach (var layer in layers) { layer.Dispose(); }
    }

    private void Run(ReadOnlySpan<float> inputs, int batch, Span<float> outputs, bool training)
    {
        var x = inputs;
        for (var i = 0; i < layers.Length; i++)
        {
            var shape = shapes[i];
            var cut = Scratch.Sized(ref patches, batch * shape.Patches * shape.PatchSize);
            for (var picture = 0; picture < batch; picture++)
            {
                shape.Cut(x.Slice(picture * shape.Inputs, shape.Inputs), cut[(picture * shape.Patches * shape.PatchSize)..]);
            }
            var y = i == layers.Length - 1 ? outputs : Scratch.Sized(ref between[i], batch * shape.Outputs);
            if (training) { layers[i].ForwardTraining(cut, batch * shape.Patches, y); } else { layers[i].Forward(cut, batch * shape.Patches, y); }
            x = y;
        }
    }
}
