using Bellman.Neural;

namespace Bellman.Language;

/// <summary>The numbers that the kernels need of a model: widths, and the padded distances between rows.</summary>
internal sealed class KernelShape(TransformerConfiguration model)
{
    public TransformerConfiguration Model { get; } = model;

    public int Layers { get; } = model.Layers;

    public int Width { get; } = model.HiddenSize;

    public int WidthStride { get; } = SimdLayer.Stride(model.HiddenSize);

    public int Query { get; } = model.QueryWidth;

    public int QueryStride { get; } = SimdLayer.Stride(model.QueryWidth);

    public int Key { get; } = model.KeyValueWidth;

    /// <summary>Queries, keys and values side by side.</summary>
    public int Joint { get; } = model.QueryWidth + 2 * model.KeyValueWidth;

    public int JointStride { get; } = SimdLayer.Stride(model.QueryWidth + 2 * model.KeyValueWidth);

    public int Inner { get; } = model.IntermediateSize;

    public int InnerStride { get; } = SimdLayer.Stride(model.IntermediateSize);

    /// <summary>Gate and up side by side.</summary>
    public int GateUp { get; } = 2 * model.IntermediateSize;

    public int GateUpStride { get; } = SimdLayer.Stride(2 * model.IntermediateSize);

    public int Vocabulary { get; } = model.VocabularySize;

    public int VocabularyStride { get; } = SimdLayer.Stride(model.VocabularySize);

    public int Heads { get; } = model.Heads;

    public int KeyHeads { get; } = model.KeyValueHeads;

    /// <summary>Query heads of a key head.</summary>
    public int Share { get; } = model.Heads / model.KeyValueHeads;

    public int Head { get; } = model.HeadSize;

    public float Epsilon { get; } = (float)model.NormEpsilon;

    /// <summary>1 / sqrt(head size).</summary>
    public float Scale { get; } = (float)(1 / Math.Sqrt(model.HeadSize));

    public bool HasHeadNorm { get; } = model.HasHeadNorm;
}
