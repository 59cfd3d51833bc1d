namespace Bellman.Language;

/// <summary>Models that are only compared with.</summary>
internal static class Frozen
{
    /// <summary>A copy as the model is now, without what only training needs.</summary>
    public static ILanguageModel CopyOf(ILanguageModel model) =>
        model is Transformer transformer ? transformer.CopyTransformer(transformer.Options with { Frozen = true }) : model.Copy();
}
