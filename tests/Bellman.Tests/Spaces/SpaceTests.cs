using CsCheck;
using Xunit;

namespace Bellman.Tests.Spaces;

public class SpaceTests
{
    private static readonly Gen<Space> Simple = Gen.OneOf<Space>(
        Gen.Int[1, 9].Select(count => (Space)new Discrete(count)),
        Gen.Int[1, 5].Array[1, 4].Select(counts => (Space)new MultiDiscrete(counts)),
        Gen.Int[1, 6].Select(size => (Space)new MultiBinary(size)),
        Gen.Select(Gen.Float[-5, 0], Gen.Float[0, 5], Gen.Int[1, 4]).Select((low, high, size) => (Space)new Box(low, high, size)),
        Gen.Select(Gen.Bool, Gen.Bool).Select((below, above) => (Space)new Box(below ? float.NegativeInfinity : -1, above ? float.PositiveInfinity : 1, 3)),
        Gen.Select(Gen.Int[1, 8], Gen.Int[0, 1]).Select((longest, shortest) => (Space)new Text(longest, shortest)));

    private static readonly Gen<Space> Any = Gen.OneOf(
        Simple,
        Simple.Array[1, 3].Select(parts => (Space)new Composite([.. parts.Select((part, i) => ($"part{i}", part))])));

    [Fact]
    public void Samples_are_members() => Gen.Select(Any, Gen.ULong).Sample((space, seed) =>
    {
        var (random, element) = (RandomStream.Create(seed), new float[space.Size]);
        for (var i = 0; i < 10; i++)
        {
            space.Sample(random, element);
            Assert.Null(space.Explain(element));
        }
    }, iter: 300);

    [Fact]
    public void Unflattening_recovers_what_was_flattened() => Gen.Select(Any, Gen.ULong).Sample((space, seed) =>
    {
        var (element, flat, back) = (new float[space.Size], new float[space.FlatSize], new float[space.Size]);
        space.Sample(RandomStream.Create(seed), element);
        space.Flatten(element, flat);
        space.Unflatten(flat, back);
        Assert.Equal(element, back);
        if (space.IsFlat) { Assert.Equal(element, flat); }
    }, iter: 300);

    [Fact]
    public void Elements_of_the_wrong_length_or_not_a_number_are_not_members() => Any.Sample(space =>
    {
        Assert.Contains($"takes {space.Size}", space.Explain(new float[space.Size + 1]), StringComparison.Ordinal);
        var element = new float[space.Size];
        Array.Fill(element, float.NaN);
        Assert.NotNull(space.Explain(element));
    }, iter: 100);

    [Fact]
    public void Equal_definitions_are_equal_spaces()
    {
        Assert.Equal(new Box([0, 1], [2, 3]), new Box([0, 1], [2, 3]));
        Assert.NotEqual(new Box(0, 1, 4), new Box(new float[4], [1, 1, 1, 1], 2, 2));
        Assert.Equal(new MultiDiscrete(2, 3), new MultiDiscrete(2, 3));
        Assert.NotEqual<Space>(new Discrete(2), new Discrete(3));
        Assert.Equal(new Composite(("a", new Discrete(2))), new Composite(("a", new Discrete(2))));
        Assert.NotEqual(new Composite(("a", new Discrete(2))), new Composite(("b", new Discrete(2))));
    }

    public static TheoryData<Space, float[], string> Wrong => new()
    {
        { new Discrete(3), [3], "the value is 3, not an integer from 0 to 2" },
        { new Discrete(3), [1.5f], "not an integer from 0 to 2" },
        { new Box(-1, 1, 2), [0, 2], "component 1 is 2, outside [-1, 1]" },
        { new MultiDiscrete(2, 3), [1, 3], "choice 1 is 3, not an integer from 0 to 2" },
        { new MultiBinary(2), [0, 2], "2" },
        { new Composite(("hand", new Discrete(2)), ("eye", new Box(0, 1, 1))), [0, 5], "in part 'eye', component 0 is 5" },
        { new Text(3, 2), [0, -1, -1], "fewer than 2" },
        { new Text(3), [0, -1, 4], "follows the end" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public void What_is_wrong_is_explained(Space space, float[] element, string says) =>
        Assert.Contains(says, space.Explain(element), StringComparison.Ordinal);

    [Fact]
    public void Malformed_spaces_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Discrete(0));
        Assert.Contains("component 1 has 2 and 1", Assert.Throws<ArgumentException>(() => new Box([0, 2], [1, 1])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new Box([0], [1, 2]));
        Assert.Throws<ArgumentException>(() => new Box([float.NaN], [1]));
        Assert.Throws<ArgumentException>(() => new Box(new float[4], new float[4], 3, 2));
        Assert.Throws<ArgumentException>(() => new MultiDiscrete());
        Assert.Throws<ArgumentException>(() => new MultiDiscrete(2, 0));
        Assert.Throws<ArgumentException>(() => new Composite(("a", new Discrete(1)), ("a", new Discrete(1))));
        Assert.Throws<ArgumentException>(() => new Text(3, 0, "aa"));
    }

    [Fact]
    public void Flattening_a_choice_is_one_hot_and_parts_stand_side_by_side()
    {
        var space = new Composite(("choice", new Discrete(3)), ("pair", new MultiDiscrete(2, 2)), ("value", new Box(0, 9, 1)));
        var flat = new float[8];
        space.Flatten([2, 0, 1, 7], flat);
        Assert.Equal([0, 0, 1, 1, 0, 0, 1, 7], flat);
        Assert.Equal(1..3, space.RangeOf("pair"));
        Assert.Throws<ArgumentException>(() => space.RangeOf("nose"));
    }

    [Fact]
    public void Texts_are_read_back_as_written()
    {
        var (space, element) = (new Text(12), new float[12]);
        space.Encode("Hello, 42!", element);
        Assert.Equal("Hello, 42!", space.Decode(element));
        Assert.Contains("13 characters", Assert.Throws<ArgumentException>(() => space.Encode("thirteen char", element)).Message, StringComparison.Ordinal);
        Assert.Contains("'é'", Assert.Throws<ArgumentException>(() => space.Encode("é", element)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_box_clips_to_its_bounds()
    {
        float[] element = [-3, .5f, 3];
        new Box([-1, 0, 0], [1, 1, 2]).Clip(element);
        Assert.Equal([-1, .5f, 2], element);
    }
}
