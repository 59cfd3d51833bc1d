using Bellman.Environments;
using CsCheck;
using Xunit;

namespace Bellman.Tests.Environments;

public sealed class ShowPixelsTests
{
    private readonly EnvironmentRegistry registry = StandardEnvironments.Registry();

    /// <summary>Fails when places and pixels are mixed up, or rows and columns.</summary>
    [Fact]
    public void A_pixel_is_the_mean_of_what_it_covers()
    {
        // 12 x 16 pixels to 8 x 8: places are 1.5 pixels wide and 2 high.
        var image = new RgbImage(12, 16);
        void Paint(int x, int y, int colour, byte value) => image.Pixels[(y * 12 + x) * 3 + colour] = value;
        Paint(0, 0, 0, 255);
        Paint(1, 0, 0, 255);
        Paint(1, 1, 0, 255);
        Paint(11, 15, 2, 102);
        var shown = new ShowPixels(new Painting(image), 8).Reset();
        float At(int x, int y, int colour) => shown[(y * 8 + x) * 3 + colour];
        // Of the first place's 3 square pixels: one and a half above, a half below.
        Assert.Equal(2.0 / 3, At(0, 0, 0), 1e-6);
        // The second place has the other half of column 1, in two rows, of 3.
        Assert.Equal(1.0 / 3, At(1, 0, 0), 1e-6);
        Assert.Equal(0.4 / 3, At(7, 7, 2), 1e-6);
        Assert.Equal(2.0 / 3 + 1.0 / 3 + 0.4 / 3, shown.Sum(), 1e-5);
    }

    [Fact]
    public void Scaling_keeps_the_mean_of_any_picture() => Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[8, 24], Gen.Int).Sample((width, height, side, seed) =>
    {
        var (image, random) = (new RgbImage(width, height), RandomStream.Create((ulong)(uint)seed));
        for (var i = 0; i < image.Pixels.Length; i++) { image.Pixels[i] = (byte)random.NextInt32(256); }
        var shown = new ShowPixels(new Painting(image), side).Reset();
        return Math.Abs(image.Pixels.Average(value => value / 255.0) - shown.Average(value => (double)value)) < 1e-5 && shown.All(value => value is >= 0 and <= 1);
    }, iter: 200);

    [Theory]
    [InlineData("Pendulum-v1?pixels=16", 3, 16)]
    [InlineData("CartPole-v1?pixels=24x2", 2, 24)]
    [InlineData("FrozenLake-v1?map=8x8&pixels=32x1&slippery=false", 1, 32)]
    public void Any_environment_that_draws_itself_is_seen_by_its_id(string id, int frames, int side)
    {
        var environment = registry.Make(id);
        var box = Assert.IsType<Box>(environment.ObservationSpace);
        Assert.Equal([frames, side, side, 3], box.Shape);
        Assert.True(box.IsBounded);
        Assert.True(box.Contains(environment.Reset()));
    }

    [Fact]
    public void What_happens_is_what_happens_unseen()
    {
        var (plain, seen) = (registry.Make("MountainCar-v0"), registry.Make("MountainCar-v0?pixels=16"));
        var (one, other) = (RandomStream.Create(4), RandomStream.Create(4));
        var (first, picture) = (plain.Reset(one), seen.Reset(other));
        for (var step = 1; ; step++)
        {
            var result = plain.Step([step % 3], one, first);
            Assert.Equal(result, seen.Step([step % 3], other, picture));
            if (!result.Done) { continue; }
            Assert.Equal(200, step);
            break;
        }
    }

    [Fact]
    public void The_last_pictures_are_shown_oldest_first()
    {
        var environment = registry.Make("Pendulum-v1?pixels=16x2");
        var size = 16 * 16 * 3;
        var begin = environment.Reset();
        Assert.Equal(begin[..size], begin[size..]);
        var (next, _) = environment.Take(2);
        Assert.Equal(begin[..size], next[..size]);
        Assert.NotEqual(begin[..size], next[size..]);
    }

    [Fact]
    public void Copies_step_together_and_a_saved_one_goes_on()
    {
        using var copies = registry.MakeVector("CartPole-v1?pixels=16x2", 3);
        Assert.Equal([2, 16, 16, 3], Assert.IsType<Box>(copies.ObservationSpace).Shape);

        var original = registry.Make("Acrobot-v1?pixels=16x2");
        original.Reset();
        original.Take(2);
        var copy = registry.Make("Acrobot-v1?pixels=16x2");
        MemoryState.Save(original).Load(copy);
        Assert.Equal(original.Take(0).Observation, copy.Take(0).Observation);
    }

    [Theory]
    [InlineData("Pendulum-v1?pixels=4", "side of 8 to 512")]
    [InlineData("Pendulum-v1?pixels=many", "pixels=64")]
    [InlineData("Pendulum-v1?pixels=64x0", "1 to 16 pictures")]
    [InlineData("Pendulum-v1?pixels=64x3x3", "pixels=84x4")]
    [InlineData("Pendulum-v1?pixels=64&pixels=32", "given twice")]
    public void A_wrong_size_says_what_is_valid(string id, string says) =>
        Assert.Contains(says, Assert.Throws<UsageException>(() => registry.Make(id)).Message, StringComparison.Ordinal);

    [Fact]
    public void What_does_not_draw_itself_cannot_be_seen()
    {
        registry.Register("Blind-v0", () => new ScriptedEnvironment(1, 2));
        Assert.Contains("draws itself", Assert.Throws<UsageException>(() => registry.Make("Blind-v0?pixels=16")).Message, StringComparison.Ordinal);
    }

    /// <summary>Always the same picture.</summary>
    private sealed class Painting(RgbImage image) : IEnvironment, IRenderable
    {
        public Space ObservationSpace { get; } = new Discrete(1);

        public Space ActionSpace { get; } = new Discrete(1);

        public void Reset(RandomStream random, Span<float> observation) => observation[0] = 0;

        public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
        {
            observation[0] = 0;
            return new StepResult(0);
        }

        public void Exchange(StateExchange state) { }

        public string RenderText() => "";

        public RgbImage RenderImage() => image;
    }
}
