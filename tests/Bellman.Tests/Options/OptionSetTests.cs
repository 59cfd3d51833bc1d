using System.ComponentModel;
using Xunit;

namespace Bellman.Tests.Options;

/// <summary>Lists as users write them.</summary>
public sealed class OptionSetTests
{
    private sealed record Lists
    {
        [Description("Sizes.")]
        public int[] Sizes { get; init; } = [];

        [Description("Texts.")]
        public string[] Texts { get; init; } = ["a"];
    }

    private static Lists Read(string name, string value) => OptionSet.Of<Lists>("the test").Create<Lists>([new(name, value)]);

    [Theory]
    [InlineData("64x32")]
    [InlineData("64, 32")]
    [InlineData("[64,32]")]
    public void Sizes_are_written_with_x_or_commas(string text) => Assert.Equal([64, 32], Read("sizes", text).Sizes);

    [Theory]
    [InlineData("exit", "exit")]
    [InlineData("next,</box>", "next", "</box>")]
    [InlineData("[x, y]", "x", "y")]
    [InlineData("[/INST]", "[/INST]")]
    [InlineData("\n\n", "\n\n")]
    [InlineData("[]")]
    [InlineData("")]
    public void Texts_keep_their_letters(string text, params string[] expected) => Assert.Equal(expected, Read("texts", text).Texts);

    [Fact]
    public void What_is_shown_can_be_given_back()
    {
        var options = OptionSet.Of<Lists>("the test");
        var given = new Lists { Sizes = [3, 4], Texts = ["max", "[/INST]"] };
        var read = options.Create<Lists>(options.ToJson(given).Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.ToString() ?? "")));
        Assert.Equal(given.Sizes, read.Sizes);
        Assert.Equal(given.Texts, read.Texts);
    }
}
