using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>What a policy makes of its network's outputs, as ONNX operators and the model's outputs.</summary>
internal static class OnnxReadouts
{
    public static void Write(OnnxGraph graph, PolicyDescription policy, string outputs, string? mask)
    {
        switch (policy.Readout)
        {
            case ChoiceReadout choice:
                Choose(graph, "logits", Masked(graph, outputs, mask), choice.Counts);
                break;
            case ValueReadout values:
                Choose(graph, "values", Masked(graph, outputs, mask), [values.Actions]);
                break;
            case DistributionReadout distribution:
                Choose(graph, "values", Masked(graph, Means(graph, outputs, distribution), mask), [distribution.Actions]);
                break;
            case ContinuousReadout continuous when policy.ActionSpace is Box box:
                Stretch(graph, outputs, continuous, box, policy.Networks[^1].Outputs);
                break;
            default:
                throw new UsageException($"A policy that reads {policy.Readout} for {policy.ActionSpace} cannot be exported.");
        }
    }

    private static string Masked(OnnxGraph graph, string scores, string? mask) =>
        mask is null ? scores : graph.Node("Where", [mask, scores, graph.Constant([Categorical.MaskedLogit])]);

    private static void Choose(OnnxGraph graph, string name, string scores, IReadOnlyList<int> counts)
    {
        var choices = new List<string>();
        var start = 0;
        foreach (var count in counts)
        {
            var part = counts.Count == 1 ? scores : OnnxLayers.Columns(graph, scores, start, start + count);
            choices.Add(OnnxLayers.Cast(graph, graph.Node("ArgMax", [part], ("axis", 1), ("keepdims", 1)), OnnxType.Float));
            start += count;
        }
        graph.Output(OnnxExport.Action, choices.Count == 1 ? choices[0] : graph.Node("Concat", choices, ("axis", 1)), counts.Count);
        graph.Output(name, scores, start);
    }

    /// <summary>sum_i z_i softmax(l)_i, or the mean of the quantiles.</summary>
    private static string Means(OnnxGraph graph, string outputs, DistributionReadout distribution)
    {
        var shaped = graph.Node("Reshape", [outputs, graph.Constant([0L, distribution.Actions, distribution.AtomCount], 3)]);
        if (distribution.Atoms is not { } atoms) { return graph.Node("ReduceMean", [shaped], ("axes", new[] { 2 }), ("keepdims", 0)); }
        var weighted = graph.Node("Mul", [graph.Node("Softmax", [shaped], ("axis", -1)), graph.Constant([.. atoms], atoms.Count)]);
        return graph.Node("ReduceSum", [weighted, graph.Constant([2L], 1)], ("keepdims", 0));
    }

    private static void Stretch(OnnxGraph graph, string outputs, ContinuousReadout readout, Box box, int networkOutputs)
    {
        var mean = networkOutputs == box.Size ? outputs : OnnxLayers.Columns(graph, outputs, 0, box.Size);
        var (scale, offset) = (new float[box.Size], new float[box.Size]);
        for (var i = 0; i < scale.Length; i++)
        {
            // low + (a + 1)/2 (high - low) = a (high - low)/2 + (high + low)/2
            var bounded = float.IsFinite(box.Low[i]) && float.IsFinite(box.High[i]);
            (scale[i], offset[i]) = bounded ? ((box.High[i] - box.Low[i]) / 2, (box.High[i] + box.Low[i]) / 2) : (1, 0);
        }
        var action = readout.Squashed ? graph.Node("Tanh", [mean]) : mean;
        action = graph.Node("Add", [graph.Node("Mul", [action, graph.Constant(scale, box.Size)]), graph.Constant(offset, box.Size)]);
        action = graph.Node("Max", [action, graph.Constant([.. box.Low], box.Size)]);
        action = graph.Node("Min", [action, graph.Constant([.. box.High], box.Size)]);
        graph.Output(OnnxExport.Action, action, box.Size);
        graph.Output("mean", mean, box.Size);
    }
}
