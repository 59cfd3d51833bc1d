using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>Encoders and networks as ONNX operators.</summary>
internal static class OnnxLayers
{
    /// <summary>What the network reads: one-hot parts, then (o - mean)/sqrt(var + eps) clipped, in double as the encoder computes it.</summary>
    public static string Encode(OnnxGraph graph, ObservationEncoder encoder, string observation)
    {
        var encoded = observation;
        if (!encoder.Space.IsFlat)
        {
            var parts = new List<string>();
            Flatten(graph, encoder.Space, observation, 0, parts);
            encoded = parts.Count == 1 ? parts[0] : graph.Node("Concat", parts, ("axis", 1));
        }
        if (encoder.Moments is not { } moments) { return encoded; }
        var deviations = new double[moments.Size];
        for (var i = 0; i < deviations.Length; i++) { deviations[i] = Math.Sqrt(moments.Variance(i) + ObservationEncoder.Epsilon); }
        var wide = Cast(graph, encoded, OnnxType.Double);
        var centred = graph.Node("Sub", [wide, graph.Constant(moments.Mean, moments.Size)]);
        var scaled = graph.Node("Div", [centred, graph.Constant(deviations, moments.Size)]);
        var clipped = graph.Node("Clip", [scaled, graph.Constant([-ObservationEncoder.Clip]), graph.Constant([ObservationEncoder.Clip])]);
        return Cast(graph, clipped, OnnxType.Float);
    }

    /// <summary>The network's outputs.</summary>
    /// <exception cref="UsageException">A part of the network has no ONNX form.</exception>
    public static string Network(OnnxGraph graph, INetwork network, string inputs) => (network as IDescribedNetwork)?.Describe() is { } description
        ? Network(graph, description, inputs)
        : throw new UsageException($"A network of type {network.GetType().Name} cannot be exported: only dense layers, their chains and duelling heads can. Train a policy with a plain network (option hidden).");

    private static string Network(OnnxGraph graph, NetworkDescription description, string inputs) => description switch
    {
        DenseLayer layer => Dense(graph, layer, inputs),
        NetworkChain chain => chain.Links.Aggregate(inputs, (x, link) => Network(graph, link, x)),
        DuellingHeads heads => Duelling(graph, heads, inputs),
        _ => throw new UsageException($"A network described by {description.GetType().Name} cannot be exported."),
    };

    private static string Dense(OnnxGraph graph, DenseLayer layer, string inputs)
    {
        var weight = graph.Constant(layer.Weight.Span, layer.Outputs, layer.Inputs);
        var sums = graph.Node("Gemm", [inputs, weight, graph.Constant(layer.Bias.Span, layer.Outputs)], ("transB", 1));
        if (layer.Norm is { } norm)
        {
            var (gain, shift) = (graph.Constant(norm.Gain.Span, layer.Outputs), graph.Constant(norm.Shift.Span, layer.Outputs));
            sums = graph.Node("LayerNormalization", [sums, gain, shift], ("axis", -1), ("epsilon", LayerNorm.Epsilon));
        }
        return layer.Activation switch
        {
            Activation.Identity => sums,
            Activation.Tanh => graph.Node("Tanh", [sums]),
            Activation.Relu => graph.Node("Relu", [sums]),
            Activation.Silu => graph.Node("Mul", [sums, graph.Node("Sigmoid", [sums])]),
            var other => throw new UsageException($"The activation {other} cannot be exported; identity, tanh, relu and silu can."),
        };
    }

    /// <summary>Q(a) = V + A(a) - mean_b A(b), on [batch, actions, width].</summary>
    private static string Duelling(OnnxGraph graph, DuellingHeads heads, string inputs)
    {
        string Shaped(string matrix, params ReadOnlySpan<long> shape) => graph.Node("Reshape", [matrix, graph.Constant(shape, shape.Length)]);
        var value = Shaped(Network(graph, heads.Value, inputs), 0, 1, heads.Width);
        var advantage = Shaped(Network(graph, heads.Advantage, inputs), 0, heads.Actions, heads.Width);
        var centred = graph.Node("Sub", [advantage, graph.Node("ReduceMean", [advantage], ("axes", new[] { 1 }), ("keepdims", 1))]);
        return Shaped(graph.Node("Add", [value, centred]), 0, heads.Actions * heads.Width);
    }

    public static string Cast(OnnxGraph graph, string value, OnnxType type) => graph.Node("Cast", [value], ("to", (int)type));

    /// <summary>Columns [start, end) of a matrix.</summary>
    public static string Columns(OnnxGraph graph, string matrix, int start, int end) =>
        graph.Node("Slice", [matrix, graph.Constant([(long)start], 1), graph.Constant([(long)end], 1), graph.Constant([1L], 1)]);

    private static void Flatten(OnnxGraph graph, Space space, string observation, int start, List<string> parts)
    {
        switch (space)
        {
            case Discrete discrete:
                parts.Add(OneHot(graph, Columns(graph, observation, start, start + 1), discrete.Count));
                break;
            case MultiDiscrete multi:
                for (var i = 0; i < multi.Size; i++) { parts.Add(OneHot(graph, Columns(graph, observation, start + i, start + i + 1), multi.Counts[i])); }
                break;
            case Composite composite:
                foreach (var (_, part) in composite.Parts)
                {
                    Flatten(graph, part, observation, start, parts);
                    start += part.Size;
                }
                break;
            case Box or MultiBinary:
                parts.Add(Columns(graph, observation, start, start + space.Size));
                break;
            default:
                throw new UsageException($"Observations of {space} cannot be exported; Box, Discrete, MultiDiscrete, MultiBinary and Composite ones can.");
        }
    }

    /// <summary>[batch, 1] indices to [batch, count].</summary>
    private static string OneHot(OnnxGraph graph, string index, int count)
    {
        var whole = graph.Node("Squeeze", [Cast(graph, index, OnnxType.Int64), graph.Constant([1L], 1)]);
        return graph.Node("OneHot", [whole, graph.Constant([(long)count], 1), graph.Constant([0f, 1f], 2)], ("axis", -1));
    }
}
