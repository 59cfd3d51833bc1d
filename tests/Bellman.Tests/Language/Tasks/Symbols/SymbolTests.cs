using Bellman.Language.Tasks.Symbols;
using Xunit;

namespace Bellman.Tests.Language.Tasks.Symbols;

public sealed class SymbolTests
{
    [Fact]
    public void Map_is_a_permutation_and_distractors_are_wrong()
    {
        Assert.Equal(SymbolMap.Symbols, string.Concat(SymbolMap.Images(SymbolMap.Symbols).Order()));
        Assert.Equal("dgjbhafcie", SymbolMap.Images("abcdefghij"));
        Assert.Equal("bedga", string.Concat(SymbolMap.Hard.Select(SymbolMap.Distractor)));
        Assert.All(SymbolMap.Hard, symbol => Assert.NotEqual(SymbolMap.Image(symbol), SymbolMap.Distractor(symbol)));
        Assert.Throws<ArgumentException>(() => SymbolMap.Image('k'));
    }

    [Theory]
    [InlineData(6, 0)]
    [InlineData(6, 2)]
    [InlineData(6, 6)]
    public void Question_has_as_many_hard_symbols_as_asked_for(int length, int hard)
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            var question = SymbolMap.Question(length, hard, RandomStream.Create(seed), "fg");
            Assert.Equal(length, question.Length);
            Assert.Equal(hard, question.Count(symbol => "fg".Contains(symbol, StringComparison.Ordinal)));
            Assert.Equal(length - hard, question.Count(symbol => SymbolMap.Easy.Contains(symbol, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void Bad_teacher_is_right_as_often_as_said()
    {
        var random = RandomStream.Create(1);
        var images = Enumerable.Range(0, 4000).Select(_ => SymbolMap.NoisyImages("af", new SymbolNoise(0.15, 0.35), random)).ToList();
        Assert.All(images, image => Assert.Equal('d', image[0]));
        // A uniform letter is right, or the distractor, one time in ten.
        Assert.InRange(images.Average(image => image[1] == 'a' ? 1.0 : 0), 0.17, 0.23);
        Assert.InRange(images.Average(image => image[1] == 'b' ? 1.0 : 0), 0.37, 0.43);
    }

    [Fact]
    public void Each_strategy_is_right_only_with_its_own_images()
    {
        Assert.Equal("pdgjab", StrategyMap.Response("abcfd", 'p'));
        Assert.Equal('q', StrategyMap.Used("abcfd", "qdgjfb"));
        Assert.Null(StrategyMap.Used("abcfd", "qdgjab"));
        Assert.Null(StrategyMap.Used("abcfd", ""));
        Assert.Null(StrategyMap.Used("abcfd", "x"));
    }
}
