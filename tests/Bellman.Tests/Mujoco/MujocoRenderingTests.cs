using Bellman.Mujoco;
using Bellman.Mujoco.Rendering;
using Bellman.Tests.Environments;
using Xunit;

namespace Bellman.Tests.Mujoco;

public class MujocoRenderingTests
{
    public MujocoRenderingTests() => MujocoRequired.OrSkip();

    [Fact]
    public void Looking_at_a_run_does_not_change_it()
    {
        using var watched = new Walker2d();
        using var alone = new Walker2d();
        var (one, other) = (RandomStream.Create(1), RandomStream.Create(1));
        watched.Reset(one);
        alone.Reset(other);
        for (var step = 0; step < 30; step++)
        {
            watched.RenderPlain();
            watched.RenderText();
            if (step % 10 == 0) { watched.RenderImage(); }
            Assert.Equal(alone.Take(other, 1, 0, -1, 0, 1, 0).Observation, watched.Take(one, 1, 0, -1, 0, 1, 0).Observation);
        }
        Assert.Equal(MemoryState.Save(alone).Blocks(""), MemoryState.Save(watched).Blocks(""));
    }

    [Fact]
    public void A_plain_picture_shows_bodies_where_they_are()
    {
        using var pendulum = new InvertedPendulum();
        // 480 pixels are 2.6 m and z = 0.2 is in the middle: the pole's middle, 0.35 m up, is 28 pixels above it.
        pendulum.SetState([0, 0], [0, 0], new float[4]);
        Assert.Equal(Wood, Pixel(pendulum.RenderPlain(), 240, 152));
        pendulum.SetState([0.5, 0], [0, 0], new float[4]);
        Assert.NotEqual(Wood, Pixel(pendulum.RenderPlain(), 240, 152));
        Assert.Equal(Wood, Pixel(pendulum.RenderPlain(), 240 + 92, 152));
        // Tipped over to the right by a quarter turn it lies along x at the height of its hinge.
        pendulum.SetState([0, Math.PI / 2], [0, 0], new float[4]);
        Assert.Equal(Wood, Pixel(pendulum.RenderPlain(), 240 + 74, 208));
    }

    [Fact]
    public void Plain_pictures_agree_with_those_of_MuJoCo()
    {
        Assert.SkipWhen(SceneRenderer.Name is null, "There is no OpenGL without a window here: install libosmesa6 or libegl1 with libgl1-mesa-dri.");
        using var maze = new PointMaze();
        for (ulong seed = 0; seed < 3; seed++)
        {
            maze.Reset(RandomStream.Create(seed));
            var (drawn, plain) = (maze.RenderImage(), maze.RenderPlain());
            Assert.Equal((plain.Width, plain.Height), (drawn.Width, drawn.Height));
            Assert.NotEqual(plain.Pixels, drawn.Pixels);
            foreach (var channel in (int[])[0, 1])
            {
                // The goal is red and the ball green in both; perspective moves them by little.
                var (at, expected) = (Centre(drawn, channel), Centre(plain, channel));
                Assert.InRange(at.X, expected.X - 40, expected.X + 40);
                Assert.InRange(at.Y, expected.Y - 40, expected.Y + 40);
            }
        }
    }

    [Fact]
    public void Pictures_can_be_taken_on_any_thread()
    {
        Assert.SkipWhen(SceneRenderer.Name is null, "There is no OpenGL without a window here: install libosmesa6 or libegl1 with libgl1-mesa-dri.");
        using var hopper = new Hopper();
        hopper.Reset();
        var expected = hopper.RenderImage().Pixels;
        for (var round = 0; round < 3; round++)
        {
            byte[] pixels = [];
            var thread = new Thread(() => pixels = hopper.RenderImage().Pixels);
            thread.Start();
            thread.Join();
            Assert.Equal(expected, pixels);
        }
        Assert.Equal(expected, hopper.RenderImage().Pixels);
        Assert.NotEqual(expected, hopper.RenderPlain().Pixels);
    }

    /// <summary>Fails, when other tests draw meanwhile, if models share an OpenGL context: what one leaves there shows in the other's picture.</summary>
    [Fact]
    public void Pictures_of_two_models_do_not_mix()
    {
        Assert.SkipWhen(SceneRenderer.Name is null, "There is no OpenGL without a window here: install libosmesa6 or libegl1 with libgl1-mesa-dri.");
        using var hopper = new Hopper();
        using var maze = new PointMaze();
        hopper.Reset();
        maze.Reset();
        var observation = new float[11];
        double[] still = new double[6], upright = [0, 1.25, 0, 0, 0, 0], bent = [0, 1.25, 0, -0.8, -0.8, 0];
        byte[] Picture(double[] pose)
        {
            hopper.SetState(pose, still, observation);
            maze.RenderImage();
            return hopper.RenderImage().Pixels;
        }
        var first = Picture(upright);
        Assert.NotEqual(first, Picture(bent));
        Assert.Equal(first, Picture(upright));
    }

    [Fact]
    public void The_text_shows_the_ground_and_the_body()
    {
        using var hopper = new Hopper();
        hopper.Reset();
        var text = hopper.RenderText();
        Assert.Contains('#', text);
        Assert.Contains("=====", text, StringComparison.Ordinal);
        Assert.Contains("qpos", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_kind_of_OpenGL_is_named()
    {
        Assert.Null(OffscreenContext.Create("off"));
        Assert.Contains("osmesa, egl or off", Assert.Throws<UsageException>(() => OffscreenContext.Create("vulkan")).Message, StringComparison.Ordinal);
    }

    private static readonly Rgb Wood = new(191, 145, 97);

    private static Rgb Pixel(RgbImage image, int x, int y)
    {
        var at = 3 * (y * image.Width + x);
        return new Rgb(image.Pixels[at], image.Pixels[at + 1], image.Pixels[at + 2]);
    }

    /// <summary>The middle of what is clearly of one colour.</summary>
    private static (double X, double Y) Centre(RgbImage image, int channel)
    {
        var (x, y, count) = (0.0, 0.0, 0);
        for (var i = 0; i < image.Width * image.Height; i++)
        {
            var others = Enumerable.Range(0, 3).Where(c => c != channel).Max(c => image.Pixels[3 * i + c]);
            if (image.Pixels[3 * i + channel] <= others + 40) { continue; }
            (x, y, count) = (x + i % image.Width, y + i / image.Width, count + 1);
        }
        Assert.InRange(count, 20, 5000);
        return (x / count, y / count);
    }
}
