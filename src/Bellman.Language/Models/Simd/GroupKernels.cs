using Bellman.Neural;

namespace Bellman.Language;

/// <summary>A group of rows through all blocks.</summary>
internal static unsafe class GroupKernels<TVector, TOps>
    where TVector : unmanaged
    where TOps : IVectorOperations<TVector>
{
    /// <param name="context">The model.</param>
    /// <param name="group">Which rows.</param>
    /// <param name="batch">Their tokens.</param>
    /// <param name="embeddings">[rows, length, width] in place of the tokens' embeddings; null for those.</param>
    /// <param name="rotations">Of every position.</param>
    /// <param name="kept">Takes the activations.</param>
    /// <param name="scratch">Overwritten.</param>
    public static void Forward(KernelContext context, TokenGroup group, TokenBatch batch, float* embeddings, float* rotations, Activations kept, GroupScratch scratch)
    {
        var shape = context.Shape;
        var stream = kept.Stream(0);
        for (var row = 0; row < group.Rows; row++)
        {
            var first = (group.FirstRow + row) * batch.Length;
            for (var t = 0; t < group.Length(row); t++, stream += shape.Width)
            {
                var source = embeddings is null ? context.Packed.Flat + context.Layout.Embedding + (long)batch.Tokens[first + t] * shape.Width : embeddings + (long)(first + t) * shape.Width;
                BlockKernels<TVector, TOps>.Copy(source, stream, shape.Width);
            }
        }
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            BlockKernels<TVector, TOps>.Forward(shape, context.Packed, context.Layout.Layers[layer], layer, group, rotations, kept, scratch);
        }
    }

    /// <summary>From the gradient of the last stream, in <c>scratch.Stream</c>, to the parameters' and, where wanted, the embeddings'.</summary>
    public static void Backward(KernelContext context, TokenGroup group, TokenBatch batch, float* embeddingSlopes, bool ownEmbeddings, float* rotations, Activations kept, GroupScratch scratch, float* gradient)
    {
        var shape = context.Shape;
        for (var layer = shape.Layers - 1; layer >= 0; layer--)
        {
            BlockKernels<TVector, TOps>.Backward(shape, context.Packed, context.Layout.Layers[layer], layer, group, rotations, kept, scratch, gradient);
        }
        var slope = scratch.Stream;
        for (var row = 0; row < group.Rows; row++)
        {
            var first = (group.FirstRow + row) * batch.Length;
            for (var t = 0; t < group.Length(row); t++, slope += shape.Width)
            {
                if (embeddingSlopes is not null) { BlockKernels<TVector, TOps>.Copy(slope, embeddingSlopes + (long)(first + t) * shape.Width, shape.Width); }
                if (ownEmbeddings) { RowKernels<TVector, TOps>.Add(slope, gradient + context.Layout.Embedding + (long)batch.Tokens[first + t] * shape.Width, shape.Width); }
            }
        }
    }
}
