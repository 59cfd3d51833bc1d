using Bellman.Language.Tokenizers;
using Xunit;

namespace Bellman.Tests.Language.Tokenizers;

/// <summary>Normalisation form C, by examples of Unicode Standard Annex 15.</summary>
public sealed class UnicodeCompositionTests
{
    [Theory]
    [InlineData("e\u0301", "\u00e9")]
    [InlineData("\u212b", "\u00c5")]
    [InlineData("\u1e69", "\u1e69")]
    [InlineData("s\u0323\u0307", "\u1e69")]
    [InlineData("s\u0307\u0323", "\u1e69")]
    [InlineData("\u1112\u1161\u11ab", "\ud55c")]
    [InlineData("\u0958", "\u0915\u093c")]
    [InlineData("\ufb01", "\ufb01")]
    [InlineData("a\u0315\u0300\u05ae\u0062", "\u00e0\u05ae\u0315b")]
    [InlineData("\u0300a", "\u0300a")]
    public void Characters_are_composed_and_marks_ordered(string text, string composed)
    {
        Assert.Equal(composed, UnicodeComposition.Compose(text));
        Assert.Equal(composed, UnicodeComposition.Compose(composed));
    }

    [Fact]
    public void A_long_run_of_marks_takes_time_that_grows_with_its_length()
    {
        // Sorting by insertion would take minutes.
        var text = "a" + string.Concat(Enumerable.Repeat("\u0301\u0323", 100_000));
        Assert.Equal(text.Length - 1, UnicodeComposition.Compose(text).Length);
    }
}
